"""Verification: do the committed scores still follow from the committed sources, and do they come again?

`verify_keys` recomputes every key offline, from files in git alone. `verify_numbers` poses, fits
and scores again and compares each number with the committed one.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pandas as pd

from crmlab import controls, harness, params, registry, store
from crmlab.compare import judged, score_key
from crmlab.errors import CrmlabError, DataError, UsageError, did_you_mean
from crmlab.problem import _without_overrides, pose, problem_key
from crmlab.run import run
from crmlab.vocabulary import ORACLE

EXACT, NUMERIC, ORDER, DIFFERENT = "exact", "numeric", "order", "different"
"""Same digits; within RELATIVE; another number but the same ranking; neither."""

RELATIVE = 1e-6
ABSOLUTE = 1e-9
"""Numbers this close are the same: the record keeps 9 digits, so smaller ones cannot be judged."""


# --- keys: offline, in seconds ------------------------------------------------------------------
def verify_keys() -> pd.DataFrame:
    """Recompute the keys of every committed comparison from sources, params.yaml and fingerprints.

    Returns one row per problem of params.yaml and per committed score (problem, what, ok): `what`
    names every part that moved. Libraries and Python are taken as recorded: a comparison made
    with other versions is not stale. Raises UsageError for a params.yaml that does not hold.
    """
    settings = params.load()
    rows = []
    for task in settings.tasks.values():
        committed = {p.stem for p in store.scores_file(task.name, "any").parent.glob("*.json")}
        for name in sorted({*task.problems, *committed}):
            moved = _moved(task, name, settings, committed)
            title = f"{task.name}/{name}"
            rows.append({"problem": title, "what": "; ".join(moved) or "as committed", "ok": not moved})
    return pd.DataFrame(rows, columns=["problem", "what", "ok"])


def _moved(task: params.Task, name: str, settings: params.Params, committed: set[str]) -> list[str]:
    """Return what no longer agrees between a committed comparison and what would make it today."""
    if name not in task.problems:
        return ["its scores are committed, but params.yaml does not have it"]
    if name not in committed:
        return [f"no scores: run `dvc repro {task.name}@{name}`"]
    record = _committed(task.name, name)
    runs = record["methods"]
    moved = [*_moved_problem(task, name, settings, record)]
    roster = {e.method: e for e in task.roster(name)}
    moved += [f"{m} is new in the roster" for m in roster if m not in runs]
    changed: dict[str, list[str]] = {}
    for method, made in runs.items():
        if made["control"] == ORACLE:
            if made["run_key"] != controls.oracle_key(record["problem_digest"]):
                moved.append("the oracle's key")
        elif method not in roster:
            moved.append(f"{method} left the roster")
        else:
            changed.setdefault(_moved_run(roster[method], made, task, settings, record), []).append(method)
    moved += [f"{', '.join(methods)}: {change}" for change, methods in changed.items() if change]
    keys = {method: made["run_key"] for method, made in runs.items()}
    if record["score_key"] != score_key(record["problem"], record["problem_digest"], keys, task, settings):
        moved += _moved_scoring(task, settings, record)
    return moved


def _moved_problem(
    task: params.Task, name: str, settings: params.Params, record: Mapping[str, Any]
) -> Iterator[str]:
    """Yield how the problem itself moved."""
    facts = store.read_json(store.facts_file(task.name, name), made_by=f"crmlab problem {task.name} {name}")
    if facts["digest"] != record["problem_digest"]:
        yield "the problem: its facts have another digest than the scores"
    try:
        key = problem_key(task.name, name, task.spec(name), features=settings.features, seed=settings.seed)
    except DataError as error:
        yield f"the problem: {error}"
        return
    if key != record["problem_key"]:
        if store.rounded(facts["spec"]) != store.rounded(_without_overrides(task.spec(name))):
            yield f"the problem: params.yaml poses {task.name}.problems.{name} differently"
        else:
            yield "the problem: its seed, features, tables, or a source that poses it"


def _moved_run(
    entry: params.Entry,
    made: Mapping[str, Any],
    task: params.Task,
    settings: params.Params,
    record: Mapping[str, Any],
) -> str:
    """Return how one run moved, nothing if its key comes again under the recorded libraries."""
    key = harness.run_key(
        record["problem_digest"],
        entry.method,
        entry.parameters,
        seed=settings.seed,
        stability_refits=task.stability_refits,
        inner_share=task.inner_share,
        environment=record["environment"],
    )
    if key == made["run_key"]:
        return ""
    changes = list(_changes(made["parameters"], store.rounded(dict(entry.parameters))))
    if record["seed"] != settings.seed:
        changes.append(f"seed {record['seed']} → {settings.seed}")
    source = "the source of the method, its kind or a module they import, stability_refits or inner_share"
    return ", ".join(changes) or source


def _moved_scoring(task: params.Task, settings: params.Params, record: Mapping[str, Any]) -> list[str]:
    """Return how the scoring moved: metrics, prices, level, or a source."""
    asked = {price for m in task.metrics for price in registry.prices(m)}
    before = {k: v for k, v in record["economics"].items() if k in asked}
    after = {k: v for k, v in task.economics.items() if k in asked}
    changes = list(_changes(before, store.rounded(after)))
    if list(record["metrics"]) != list(task.metrics):
        changes.append(f"metrics {', '.join(record['metrics'])} → {', '.join(task.metrics)}")
    for word, now in (("primary", task.primary), ("level", settings.level), ("seed", settings.seed)):
        if record[word] != now:
            changes.append(f"{word} {record[word]} → {now}")
    return [f"scores: {', '.join(changes) or 'the source of a metric or of the scoring, or the replicates'}"]


def _changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[str]:
    """Yield 'name before → after' for every value that differs."""
    for name in sorted({*before, *after}):
        if before.get(name) != after.get(name):
            yield f"{name} {before.get(name)} → {after.get(name)}"


# --- numbers: everything made again -------------------------------------------------------------
def verify_numbers(only: Sequence[str] = ()) -> pd.DataFrame:
    """Pose, fit and score again, without the store, and compare with the committed scores.

    only: 'TASK/PROBLEM', a task, or a data set; default: every committed comparison whose tables
    are on this machine. Returns a row per comparison (problem, class, worst, where, ok): the class is
    `exact`, `numeric` (every number within 1e-6), `order` (same ranking, other numbers) or
    `different`; worst is the largest relative difference and where it is. Only the first two
    are ok: another processor may move the last digits, and that stays far within `numeric`.
    Nothing is written but the store of runs. Raises UsageError for a name that is none, DataError
    where nothing can be verified.
    """
    settings = params.load()
    chosen = list(_chosen(settings, only))
    if not chosen:
        raise DataError("no committed comparison has its tables here: run `make reproduce` first")
    rows = []
    for task, name in chosen:
        before = _numbers(_committed(task.name, name))
        try:
            after = _numbers(store.rounded(_again(task, name, settings)))
        except CrmlabError as error:
            found = {"class": DIFFERENT, "worst": math.inf, "where": str(error)}
        else:
            found = classify(before, after)
        rows.append({"problem": f"{task.name}/{name}", **found, "ok": found["class"] in (EXACT, NUMERIC)})
    return pd.DataFrame(rows, columns=["problem", "class", "worst", "where", "ok"])


def classify(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    """Compare two flat records {place: number or word}; return their class and the worst place.

    Places that begin with 'rank' hold the ranking.
    """
    if before == after:
        return {"class": EXACT, "worst": 0.0, "where": ""}
    distance = {place: _distance(before.get(place), after.get(place)) for place in {**before, **after}}
    where = max(distance, key=distance.__getitem__)
    worst = distance[where]
    ranks = [{k: v for k, v in record.items() if k.startswith("rank")} for record in (before, after)]
    if all(_same(before.get(place), after.get(place)) for place in distance):
        found = NUMERIC
    else:
        found = ORDER if ranks[0] == ranks[1] else DIFFERENT
    return {"class": found, "worst": worst, "where": where}


def _same(a: Any, b: Any) -> bool:
    """Tell whether two values agree: words exactly, numbers within the tolerances."""
    if isinstance(a, float | int) and isinstance(b, float | int):
        return math.isclose(a, b, rel_tol=RELATIVE, abs_tol=ABSOLUTE)
    return a == b


def _distance(a: Any, b: Any) -> float:
    """Return the relative difference of two numbers; of words, 0 where equal and else infinity."""
    if isinstance(a, float | int) and isinstance(b, float | int):
        return 0.0 if a == b else abs(a - b) / max(abs(a), abs(b))
    return 0.0 if a == b else math.inf


def _numbers(record: Mapping[str, Any]) -> dict[str, Any]:
    """Return what verification compares of a record, flat: every number, status and rank."""
    flat: dict[str, Any] = {}
    for place, (name, method) in enumerate(record["methods"].items(), start=1):
        flat[f"rank {place}"] = name
        flat[f"{name} status"] = method["status"]
        for metric, score in method["scores"].items():
            flat |= {f"{name} {metric} {bound}": score[bound] for bound in ("value", "lower", "upper")}
        flat |= {f"{name} fold {fold}": value for fold, value in enumerate(method["folds"])}
    for pair in record["differences"]:
        for column in ("difference", "lower", "upper", "p_adjusted"):
            flat[f"{pair['a']} against {pair['b']} {column}"] = pair[column]
    return flat


def _again(task: params.Task, name: str, settings: params.Params) -> dict[str, Any]:
    """Return the record of a comparison made afresh: posed from the tables, nothing reused."""
    spec = task.spec(name)
    posed = pose(task.name, name, spec, features=settings.features, seed=settings.seed)
    runs = run(
        posed,
        task.roster(name),
        seed=settings.seed,
        stability_refits=task.stability_refits,
        inner_share=task.inner_share,
        workers=settings.workers,
        seconds_per_run=settings.seconds_per_run,
        fresh=True,
    )
    return judged(posed, runs, task, settings).record()


def _chosen(settings: params.Params, only: Sequence[str]) -> Iterator[tuple[params.Task, str]]:
    """Yield the comparisons that are asked for."""
    problems = [(t, name) for t in settings.tasks.values() for name in t.problems]
    words = {f"{t.name}/{name}" for t, name in problems} | {*settings.datasets, *settings.tasks}
    for word in only:
        if word not in words:
            raise UsageError(f"--only: there is no '{word}'.{did_you_mean(word, words)}")
    for task, name in problems:
        dataset = task.problems[name]["dataset"]
        if only:
            if {f"{task.name}/{name}", task.name, dataset} & set(only):
                yield task, name
        elif store.scores_file(task.name, name).is_file() and store.tables_folder(dataset).is_dir():
            yield task, name


def _committed(task: str, name: str) -> dict[str, Any]:
    """Read the committed scores of a problem."""
    return store.read_json(store.scores_file(task, name), made_by=f"dvc repro {task}@{name}")
