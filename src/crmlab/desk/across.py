"""Across problems: what the committed scores say together, read through params.yaml and never a glob."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd

from crmlab import registry, store
from crmlab.comparison.committed import records, roster, settings

ENOUGH = 6
"""Independent data sets below which no test across them can decide (Wilcoxon 1945, see `_caution`)."""


def absent() -> pd.DataFrame:
    """Return the problems without scores, or with scores of other data: task, problem, why, command."""
    rows = []
    for task, part in settings().tasks.items():
        known = records(task)
        for name in part.problems:
            facts = store.facts_file(task, name)
            if name not in known:
                rows.append((task, name, "no scores yet", store.remade_by(task, name)))
            elif facts.is_file() and _digest(facts, task, name) != known[name]["problem_digest"]:
                rows.append(
                    (task, name, "scores of an earlier state of the problem", store.remade_by(task, name))
                )
    return pd.DataFrame(rows, columns=["Task", "Problem", "Why", "Make it with"]).set_index("Task")


def _digest(facts: Path, task: str, name: str) -> str:
    """Return the digest of a problem that its facts name."""
    return store.read_json(facts, made_by=f"crmlab problem {task} {name}", holding=["digest"])["digest"]


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


def holds(task: str) -> pd.DataFrame:
    """Return what holds where: one row per problem.

    Columns: Data set, Best, the primary metric with its interval, Gain over the status quo (simultaneous
    interval), Answer (see crmlab.comparison.verdict), Could be best (how many methods). A question has at
    most a handful of independent data sets, and below six no test across them can decide (with n pairs the
    smallest two-sided p of Wilcoxon's signed-rank test is 2^(1 - n)): so the problems stand beside each
    other, and no rank is averaged.
    """
    rows = []
    for name, record in records(task).items():
        numbers, verdict = record["summary"], record["verdict"]
        champion = record["methods"].get(verdict["champion"] or "")
        ends = [numbers.get(end) for end in ("gain", "gain.lower", "gain.upper")]
        value = [numbers.get(end) for end in ("value", "lower", "upper")]
        best = champion["label"] if champion else "no method"
        could = len(verdict["could_be_best"])
        rows.append((name, record["dataset"], best, _told(value), _told(ends), verdict["word"], could))
    label = _metric(records(task)) if rows else "Value"
    gain = "Gain over the status quo"
    columns = ["Problem", "Data set", "Best", label, gain, "Answer", "Could be best"]
    return pd.DataFrame(rows, columns=columns).set_index("Problem")


def _told(numbers: list[float | None]) -> str:
    """Return a value with its interval, or what there is of it."""
    if numbers[0] is None:
        return ""
    if None in numbers:
        return f"{numbers[0]:z.3f}"
    return "{:z.3f} [{:z.3f}, {:z.3f}]".format(*numbers)


def summary() -> str:
    """Return what holds across the problems, in sentences computed from the scores (Markdown)."""
    said = []
    for task in settings().tasks:
        found = records(task)
        if not found:
            said.append(f"**{registry.find('tasks', task).label}**: no problem has scores yet.")
            continue
        won: dict[str, list[str]] = {}
        for name, record in found.items():
            champion = record["methods"].get(record["verdict"]["champion"] or "")
            won.setdefault(champion["label"] if champion else "no method", []).append(name)
        listed = "; ".join(f"{label} on {', '.join(names)}" for label, names in won.items())
        answers: dict[str, list[str]] = {}
        for name, record in found.items():
            answers.setdefault(record["verdict"]["word"], []).append(name)
        told = "; ".join(f"{word} on {', '.join(names)}" for word, names in answers.items())
        question = registry.find("tasks", task).label
        said.append(f"**{question}**: best by {_metric(found)} is {listed}. The answer is {told}.")
        said.append(_caution(found))
    return "\n\n".join(said)


def _caution(found: dict[str, dict[str, Any]]) -> str:
    """Return how far what holds on these problems can be carried to others."""
    n = len({r["dataset"] for r in found.values()})
    said = (
        f"{len(found)} problems on {n} independent data sets" if n > 1 else "All scores are on one data set"
    )
    if n < ENOUGH:
        said += (
            f": nothing is tested across them (with {n}, the smallest p that a signed-rank test can have is "
            f"{2.0 ** (1 - n):.3g}; {ENOUGH} are the least that can reach .05)"
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
