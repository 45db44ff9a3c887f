"""The board of everything: per problem the champion, its interval, and whether its lead is real."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from crmlab import params, store
from crmlab.errors import DataError
from crmlab.vocabulary import OK, ORACLE, STATUS_QUO

COLUMNS = ("Question", "Problem", "Metric", "Champion", "Value", "Interval", "Status quo", "Oracle", "Lead")


def board() -> list[dict[str, str]]:
    """Return one row of COLUMNS per problem of params.yaml that has scores, in the file's order.

    Champion is the best method by the task's primary metric that is no mere end of the scale;
    Status quo and Oracle are those controls by the same metric. Lead says whether the champion
    differs from every rival by simultaneous intervals. Raises DataError where nothing has scores.
    """
    found = []
    for task in params.load().tasks.values():
        for name in task.problems:
            path = store.scores_file(task.name, name)
            if path.is_file():
                found.append(_row(store.read_json(path, made_by=f"dvc repro {task.name}@{name}")))
    if not found:
        raise DataError("no comparison has scores yet: run `make reproduce` first")
    return found


def markdown(rows: list[dict[str, str]]) -> str:
    """Return the board as a Markdown table."""
    lines = ["| " + " | ".join(COLUMNS) + " |", "|" + "---|" * len(COLUMNS)]
    lines += ["| " + " | ".join(row[c].replace("|", "\\|") for c in COLUMNS) + " |" for row in rows]
    return "\n".join(lines)


def _row(record: Mapping[str, Any]) -> dict[str, str]:
    """Return the board's row of one committed comparison."""
    metric = record["metrics"][record["primary"]]
    methods = record["methods"]
    champion = methods.get(record["verdict"]["champion"])
    unit = f" ({metric['unit']})" if metric["unit"] else ""
    row = {
        "Question": record["task"],
        "Problem": record["problem"],
        "Metric": metric["label"] + unit,
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
        row["Interval"] = f"{_number(score['lower'])} to {_number(score['upper'])}"
        row["Lead"] = _lead(record["verdict"], methods)
    return row


def _lead(verdict: Mapping[str, Any], methods: Mapping[str, Any]) -> str:
    """Say whether the champion's lead is real, and who cannot be told from it."""
    if verdict["lead_is_real"]:
        return "real"
    level = [methods[m]["label"] for m in verdict["contenders"]]
    return "not established over " + ", ".join(level) if level else "no rival"


def _control(record: Mapping[str, Any], control: str) -> str:
    """Return the best value of a control by the primary metric, or '' where it has none."""
    scores = [
        m["scores"][record["primary"]]["value"]
        for m in record["methods"].values()
        if m["control"] == control and m["status"] == OK
    ]
    # the methods of a record are in the order of their rank
    return next((_number(value) for value in scores if value is not None), "")


def _number(value: float | None) -> str:
    """Return a number with three decimals."""
    return "" if value is None else f"{value:.3f}"
