"""The board of everything: per problem the ranking, its intervals, and what the lead is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from crmlab import params, store
from crmlab.comparison.committed import read
from crmlab.errors import DataError
from crmlab.vocabulary import EQUIVALENT, OK, ORACLE, SMALL, STATUS_QUO

NAMED = 3
"""So many of the rivals that cannot be told from the champion are named."""

COLUMNS = ("Question", "Problem", "Metric", "Champion", "Value", "Interval", "Status quo", "Oracle", "Lead")


def rankings() -> tuple[list[str], list[str]]:
    """Return the ranking of every problem that has scores, as lines, and what is wrong with damaged records.

    Raises DataError where nothing has scores.
    """
    found: list[str] = []
    damaged: list[str] = []
    for task, name in _scored():
        try:
            record = read(task, name)
        except DataError as error:
            damaged.append(f"{task}/{name}: {error}")
            continue
        metric = record["metrics"][record["primary"]]
        found.append(
            f"{record['task']}/{record['problem']}: {_metric(metric)}, {record['level']:.0%} interval"
        )
        width = max(len(m["label"]) for m in record["methods"].values())
        for method in record["methods"].values():
            score = method["scores"].get(record["primary"], {})
            mark = f"  [{method['control'].replace('_', ' ')}]" if method["control"] else ""
            value = f"{_number(score.get('value')):>8}  {_interval(score)}".rstrip()
            said = value if value else method["reason"] or score.get("reason", "no value")
            found.append(f"  {method['label']:<{width}}  {said}{mark}")
        found.append(f"  Lead: {_lead(record['verdict'], record['methods'])}.")
        executed = store.executed_notebook(task, name)
        made_by = f"its notebook: run `{store.remade_by(task, name)}`"
        found.append(f"  {store.show(executed) if executed.is_file() else made_by}")
    return found, damaged


def board() -> list[dict[str, str]]:
    """Return one row of COLUMNS per problem of params.yaml that has scores, in the file's order.

    Champion is the best method by the task's primary metric that is no mere end of the scale;
    Status quo and Oracle are those controls by the same metric. Lead says whether the champion
    differs from every rival by simultaneous intervals. Raises DataError where nothing has scores.
    """
    return [_row(read(task, name)) for task, name in _scored()]


def markdown(rows: list[dict[str, str]]) -> str:
    """Return the board as a Markdown table."""
    lines = ["| " + " | ".join(COLUMNS) + " |", "|" + "---|" * len(COLUMNS)]
    lines += ["| " + " | ".join(row[c].replace("|", "\\|") for c in COLUMNS) + " |" for row in rows]
    return "\n".join(lines)


def _scored() -> list[tuple[str, str]]:
    """Return task and name of every problem of params.yaml that has scores, in the file's order."""
    asked = [(task.name, name) for task in params.load().tasks.values() for name in task.problems]
    there = [(task, name) for task, name in asked if store.scores_file(task, name).is_file()]
    if not there:
        raise DataError("no comparison has scores yet: run `make reproduce` first")
    return there


def _row(record: Mapping[str, Any]) -> dict[str, str]:
    """Return the board's row of one committed comparison."""
    metric = record["metrics"][record["primary"]]
    methods = record["methods"]
    champion = methods.get(record["verdict"]["champion"])
    row = {
        "Question": record["task"],
        "Problem": record["problem"],
        "Metric": _metric(metric),
        "Champion": "none",
        "Value": "",
        "Interval": "",
        "Status quo": _control(record, STATUS_QUO),
        "Oracle": _control(record, ORACLE),
        "Lead": "",
    }
    if champion:
        score = champion["scores"][record["primary"]]
        row["Champion"] = champion["label"]
        row["Value"] = _number(score["value"])
        row["Interval"] = _interval(score)
        row["Lead"] = _lead(record["verdict"], methods)
    return row


def _metric(metric: Mapping[str, Any]) -> str:
    """Return a metric's label with its unit."""
    return f"{metric['label']} ({metric['unit']})" if metric["unit"] else metric["label"]


def _lead(verdict: Mapping[str, Any], methods: Mapping[str, Any]) -> str:
    """Say what the champion's lead is, and against whom."""
    word = verdict["word"]
    # who is really behind by less than matters is equivalent, too
    words = (EQUIVALENT, SMALL) if word == EQUIVALENT else (word,)
    deciding = [m for m, answer in verdict["against"].items() if answer in words] or verdict["absent"]
    named = [methods[m]["label"] for m in deciding]
    if word in ("better", "no rival") or not named:
        return word
    if len(named) > NAMED + 1:
        named[NAMED:] = [f"{len(named) - NAMED} more"]
    return f"{word}: {'; '.join(named)}"


def _control(record: Mapping[str, Any], control: str) -> str:
    """Return the best value of a control by the primary metric, or '' where it has none."""
    scores = [
        m["scores"][record["primary"]]["value"]
        for m in record["methods"].values()
        if m["control"] == control and m["status"] == OK
    ]
    # the methods of a record are in the order of their rank
    return next((_number(value) for value in scores if value is not None), "")


def _interval(score: Mapping[str, Any]) -> str:
    """Return an interval, or '' where there is none."""
    if score.get("lower") is None or score.get("upper") is None:
        return ""
    return f"{_number(score['lower'])} to {_number(score['upper'])}"


def _number(value: float | None) -> str:
    """Return a number with three decimals, never a negative zero; '' for no value."""
    return "" if value is None else f"{value:z.3f}"
