"""Across problems: what the committed scores say together, read through params.yaml and never a glob."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

import pandas as pd

from crmlab import params, registry, store
from crmlab.vocabulary import CHANCE, ORACLE

ENOUGH = 6
"""Independent data sets below which no test across them can decide (Wilcoxon 1945, see `_caution`)."""


def _settings() -> params.Params:
    """Return params.yaml, read and checked again only when the file has changed."""
    path = store.project() / store.PARAMS
    return _loaded(path, path.stat().st_mtime_ns)


@functools.lru_cache(maxsize=1)
def _loaded(path: Path, changed: int) -> params.Params:
    """Return a params.yaml as it was at a time."""
    return params.load(path)


def records(task: str) -> dict[str, dict[str, Any]]:
    """Return the committed scores of a task by problem, in the order of params.yaml."""
    found = {}
    for name in _settings().task(task).problems:
        path = store.scores_file(task, name)
        if path.is_file():
            found[name] = store.read_json(path, made_by=_made_by(task, name))
    return found


def roster(task: str) -> list[str]:
    """Return the methods of a task's roster, 'kind/name', in the order of params.yaml."""
    return [f"{kind}/{name}" for kind, names in _settings().task(task).methods.items() for name in names]


def absent() -> pd.DataFrame:
    """Return the problems without scores, or with scores of other data: task, problem, why, command."""
    rows = []
    for task, part in _settings().tasks.items():
        known = records(task)
        for name in part.problems:
            facts = store.facts_file(task, name)
            if name not in known:
                rows.append((task, name, "no scores yet", _made_by(task, name)))
            elif (
                facts.is_file()
                and store.read_json(facts, made_by="")["digest"] != known[name]["problem_digest"]
            ):
                rows.append((task, name, "scores of an earlier state of the problem", _made_by(task, name)))
    return pd.DataFrame(rows, columns=["Task", "Problem", "Why", "Make it with"]).set_index("Task")


def matrix(task: str) -> pd.DataFrame:
    """Return problems × methods: the primary metric as text, ★ the champion, ★★ with a real lead.

    A method without a value on a problem shows its state, such as 'not applicable'.
    """
    found = records(task)
    rows = {
        name: {m["label"]: _cell(r, key, m) for key, m in r["methods"].items()} for name, r in found.items()
    }
    table = pd.DataFrame.from_dict(rows, orient="index").fillna("")
    ordered = [label for label in _labels(task, found) if label in table]
    return table[ordered].rename_axis("Problem")


def ranks(task: str) -> pd.DataFrame:
    """Return the average rank of each method by the primary metric, 1 = best.

    Only methods with a value on every problem are ranked; chance and the oracle are not. Problems
    of one data set are averaged first, so that each data set counts once. Columns: Average rank,
    then one per data set. Empty where nothing can be ranked.
    """
    values, datasets = {}, {}
    for name, record in records(task).items():
        upward = registry.find("metrics", record["primary"]).higher_is_better
        own = {
            m["label"]: _value(record, m)
            for m in record["methods"].values()
            if m["control"] not in (CHANCE, ORACLE)
        }
        values[name] = pd.Series(own, dtype=float).rank(ascending=not upward)
        datasets[name] = record["dataset"]
    if not values:
        return pd.DataFrame(columns=["Average rank"])
    everywhere = pd.DataFrame(values).dropna()
    # ranked again among those that are left
    by_dataset = everywhere.rank().T.groupby(datasets, sort=False).mean().T
    by_dataset.insert(0, "Average rank", by_dataset.mean(axis=1))
    return by_dataset.rename_axis("Method").sort_values("Average rank", kind="stable").round(2)


def summary() -> str:
    """Return what holds across the problems, in sentences computed from the scores (Markdown)."""
    said = []
    for task in _settings().tasks:
        found = records(task)
        if not found:
            said.append(f"**{registry.module('tasks', task).LABEL}**: no problem has scores yet.")
            continue
        won: dict[str, list[str]] = {}
        for name, record in found.items():
            champion = record["methods"].get(record["verdict"]["champion"] or "")
            won.setdefault(champion["label"] if champion else "no method", []).append(name)
        real = [n for n, r in found.items() if r["verdict"]["lead_is_real"]]
        listed = "; ".join(f"{label} on {', '.join(names)}" for label, names in won.items())
        said.append(
            f"**{registry.module('tasks', task).LABEL}**: best by {_metric(found)} is {listed}. "
            + (f"The lead is real on {', '.join(real)} only." if len(real) < len(found) and real else "")
            + ("Each lead is real." if len(real) == len(found) else "")
            + ("No lead is established." if not real else "")
        )
        if ranks(task).empty:
            said.append("No method has a value on every problem, so none has an average rank.")
        else:
            said.append(_caution(found))
    return "\n\n".join(said)


def _caution(found: dict[str, dict[str, Any]]) -> str:
    """Return how far the ranks of a task can be trusted.

    The smallest two-sided p of Wilcoxon's signed-rank test on n pairs is 2^(1 - n) (Wilcoxon 1945).
    """
    n = len({r["dataset"] for r in found.values()})
    said = (
        f"{len(found)} problems on {n} independent data sets" if n > 1 else "All scores are on one data set"
    )
    if n < ENOUGH:
        said += (
            f": the average ranks describe these data and decide nothing (with {n}, Wilcoxon's smallest "
            f"possible p is {2.0 ** (1 - n):.3g}; {ENOUGH} are the least that can reach .05)"
        )
    same = len(found) - n
    return said + ("; problems of one data set are not independent, so each counts in part." if same else ".")


def _cell(record: dict[str, Any], key: str, method: dict[str, Any]) -> str:
    """Return one method's value on one problem, with its mark."""
    value = _value(record, method)
    if value is None:
        return method["status"].replace("_", " ") if method["status"] != "ok" else "no value"
    is_best = key == record["verdict"]["champion"]
    mark = (" ★★" if record["verdict"]["lead_is_real"] else " ★") if is_best else ""
    return f"{value:.3f}{mark}"


def _value(record: dict[str, Any], method: dict[str, Any]) -> float | None:
    """Return a method's value of the primary metric, or None."""
    return method["scores"].get(record["primary"], {}).get("value")


def _labels(task: str, found: dict[str, dict[str, Any]]) -> list[str]:
    """Return the labels of all methods: in the roster's order, then what has none (the oracle)."""
    entered = roster(task)
    labels = {key: m["label"] for record in found.values() for key, m in record["methods"].items()}
    return [labels[k] for k in entered if k in labels] + [v for k, v in labels.items() if k not in entered]


def _metric(found: dict[str, dict[str, Any]]) -> str:
    """Return the label of the primary metric."""
    record = next(iter(found.values()))
    return record["metrics"][record["primary"]]["label"]


def _made_by(task: str, name: str) -> str:
    """Return the command that makes a problem's scores."""
    return f"dvc repro {task}@{name}"
