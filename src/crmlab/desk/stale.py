"""Stale scores: do the committed records still follow from the committed sources and params.yaml?

Every key is computed again offline, in seconds, from files in git alone, and what moved is named.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import pandas as pd

from crmlab import params, registry, store
from crmlab.comparison import keys, oracle, oracle_lists
from crmlab.comparison.committed import read
from crmlab.data.own_names import is_own
from crmlab.errors import DataError, UsageError, did_you_mean
from crmlab.params.protocols import protocol
from crmlab.problems.keys import posed_spec, problem_key
from crmlab.vocabulary import ORACLE

NAMED = 3
"""So many methods that a changed file moved are named; of more, the number is."""

UNSEEN = "stability_refits, inner_share, refits, or a source file that is gone"
"""What may have moved a run where neither its parameters nor a source file that is there did."""


UNSEEN_IN_SCORES = "the replicates, a margin, who answered, or a source file that is gone"
"""The same of the scores."""


def verify_keys(only: Sequence[str] = ()) -> pd.DataFrame:
    """Recompute the keys of every committed comparison from sources, params.yaml and fingerprints.

    only: 'TASK/PROBLEM', a task, or a data set; default: all. Returns one row per problem of params.yaml
    and per committed score (problem, what, ok): `what` names every part that moved. Libraries and Python
    are taken as recorded: a comparison made with other versions is not stale. Raises UsageError for a
    params.yaml that does not hold, and for a name that is none.
    """
    settings = params.load()
    refuse_unknown(settings, only)
    rows = []
    for task in settings.tasks.values():
        committed = {p.stem for p in store.scores_file(task.name, "any").parent.glob("*.json")}
        # what a user's own data made here is in nobody's git
        committed -= {name for name in committed - {*task.problems} if is_own(name)}
        for name in sorted({*task.problems, *committed}):
            if only and not names_of(task, name) & set(only):
                continue
            moved = _moved(task, name, settings, committed)
            title = f"{task.name}/{name}"
            rows.append({"problem": title, "what": "; ".join(moved) or "as committed", "ok": not moved})
    return pd.DataFrame(rows, columns=["problem", "what", "ok"])


def names_of(task: params.Task, name: str) -> set[str]:
    """Return the words by which a comparison may be asked for: its own, its task's, its data set's."""
    dataset = task.problems[name]["dataset"] if name in task.problems else name
    return {f"{task.name}/{name}", task.name, dataset}


def refuse_unknown(settings: params.Params, only: Sequence[str]) -> None:
    """Raise UsageError for a word by which no comparison can be asked for."""
    words = {f"{t.name}/{name}" for t in settings.tasks.values() for name in t.problems}
    words |= {*settings.datasets, *settings.tasks}
    for word in only:
        if word not in words:
            raise UsageError(f"--only: there is no '{word}'.{did_you_mean(word, words)}")


def _moved(task: params.Task, name: str, settings: params.Params, committed: set[str]) -> list[str]:
    """Return what no longer agrees between a committed comparison and what would make it today."""
    if name not in task.problems:
        return ["its scores are committed, but params.yaml does not have it"]
    if name not in committed:
        return [f"no scores: run `{store.remade_by(task.name, name)}`"]
    try:
        record = read(task.name, name)
        return [
            *_moved_problem(task, name, settings, record),
            *_moved_runs(task, name, settings, record),
            *_moved_scoring(task, settings, record),
        ]
    except DataError as error:  # one damaged file hides no other comparison
        return [str(error)]


def _moved_runs(
    task: params.Task, name: str, settings: params.Params, record: Mapping[str, Any]
) -> list[str]:
    """Return how the roster and its runs moved."""
    runs = record["methods"]
    roster = {e.method: e for e in task.roster(name)}
    moved = [f"{m} is new in the roster" for m in roster if m not in runs]
    why: dict[str, list[str]] = {}
    files: dict[str, list[str]] = {}
    for method, made in runs.items():
        if made["control"] == ORACLE:
            of = oracle_lists.key if method.startswith(oracle_lists.KIND) else oracle.oracle_key
            if made["run_key"] != of(record["problem_digest"]):
                moved.append("the oracle's key")
        elif method not in roster:
            moved.append(f"{method} left the roster")
        elif not _comes_again(roster[method], made, task, settings, record):
            changes = ", ".join(_changes_of_run(roster[method], made, settings, record))
            now = registry.code_digests(*keys.modules_behind(method))
            for file in [] if changes else _moved_files(now, record):
                files.setdefault(file, []).append(method)
            if changes or not _moved_files(now, record):
                why.setdefault(changes or UNSEEN, []).append(method)
    moved += [f"{', '.join(methods)}: {change}" for change, methods in why.items()]
    return moved + [f"{file} changed: {_listed(methods)}" for file, methods in files.items()]


def _moved_problem(
    task: params.Task, name: str, settings: params.Params, record: Mapping[str, Any]
) -> Iterator[str]:
    """Yield how the problem itself moved."""
    facts = store.read_json(
        store.facts_file(task.name, name),
        made_by=f"crmlab problem {task.name} {name}",
        holding=["digest", "spec"],
    )
    if facts["digest"] != record["problem_digest"]:
        yield "the problem: its facts have another digest than the scores"
    try:
        key = problem_key(task.name, name, task.spec(name), seed=settings.seed)
    except DataError as error:
        yield f"the problem: {error}"
        return
    if key != record["problem_key"]:
        if store.rounded(facts["spec"]) != store.rounded(posed_spec(task.spec(name))):
            yield f"the problem: params.yaml poses {task.name}-{name} differently"
        else:
            yield "the problem: its seed, features, tables, or a source that poses it"


def _comes_again(
    entry: params.Entry,
    made: Mapping[str, Any],
    task: params.Task,
    settings: params.Params,
    record: Mapping[str, Any],
) -> bool:
    """Return whether a run's key comes again under the recorded libraries."""
    key = keys.run_key(
        record["problem_digest"],
        entry.method,
        entry.parameters,
        entry.fitting(task.fitting(settings.seed, in_time=protocol(record["protocol"]).in_time)),
        environment=record["environment"],
    )
    return key == made["run_key"]


def _changes_of_run(
    entry: params.Entry, made: Mapping[str, Any], settings: params.Params, record: Mapping[str, Any]
) -> Iterator[str]:
    """Yield what params.yaml says of a run and its record does not."""
    yield from _changes(made["parameters"], store.rounded(dict(entry.parameters)))
    if record["seed"] != settings.seed:
        yield f"seed {record['seed']} → {settings.seed}"


def _moved_scoring(task: params.Task, settings: params.Params, record: Mapping[str, Any]) -> list[str]:
    """Return how the scoring moved: metrics, prices, level, or a source."""
    runs = {method: (made["run_key"], made["status"]) for method, made in record["methods"].items()}
    key = keys.score_key(record["problem"], record["problem_digest"], runs, task, settings)
    if key == record["score_key"]:
        return []
    asked = {price for m in task.metrics for price in registry.prices(m)}
    before = {k: v for k, v in record["economics"].items() if k in asked}
    after = {k: v for k, v in task.economics.items() if k in asked}
    changes = list(_changes(before, store.rounded(after)))
    if list(record["metrics"]) != list(task.metrics):
        changes.append(f"metrics {', '.join(record['metrics'])} → {', '.join(task.metrics)}")
    for word, now in (("primary", task.primary), ("level", settings.level), ("seed", settings.seed)):
        if record[word] != now:
            changes.append(f"{word} {record[word]} → {now}")
    files = _moved_files(keys.scoring_digests(task.metrics), record)
    if files and not changes:
        changes = [f"{', '.join(files)} changed"]
    return [f"scores: {', '.join(changes) or UNSEEN_IN_SCORES}"]


def _moved_files(now: Mapping[str, str], record: Mapping[str, Any]) -> list[str]:
    """Return the source files that are not the recorded ones, by their paths."""
    return sorted(path for path, digest in now.items() if record["sources"].get(path) != digest)


def _listed(methods: Iterable[str]) -> str:
    """Return a few methods by name, of more their number."""
    named = list(methods)
    return ", ".join(named) if len(named) <= NAMED else f"{len(named)} methods"


def _changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[str]:
    """Yield 'name before → after' for every value that differs."""
    for name in sorted({*before, *after}):
        if before.get(name) != after.get(name):
            yield f"{name} {before.get(name)} → {after.get(name)}"
