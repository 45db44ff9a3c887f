"""A comparison's chosen model on new customers: a user's own shop has no registered one."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

import pandas as pd

from crmlab import registry
from crmlab.comparison.run import load_model
from crmlab.errors import NotApplicable, UsageError
from crmlab.serving import model_file
from crmlab.serving.rows import as_trained

if TYPE_CHECKING:
    from crmlab.comparison.compare import Comparison


def apply_chosen(comparison: Comparison, rows: pd.DataFrame) -> pd.DataFrame:
    """Answer new customers with the method that a comparison chose, as it was fitted for the last window.

    rows: with the columns of the comparison's problem. Raises UsageError where no method was chosen, one that
    reads events was, or the rows lack a column.
    """
    title = f"{comparison.task}/{comparison.name}"
    if comparison.chosen is None:
        raise UsageError(f"{title} has no method to use: no lead and no champion")
    run = comparison.run_of(comparison.chosen)
    kind, known = registry.module("kinds", run.kind), comparison.problem.facts
    if getattr(kind, "HISTORY", False):
        raise UsageError(
            f"{run.label} reads whole baskets: `crmlab recommend {comparison.name} --customer ID`"
        )
    columns = kind.columns(known["roles"])
    seen = comparison.problem.rows
    numbers = {c: pd.api.types.is_numeric_dtype(seen[c]) for c in columns}
    rows = as_trained(rows, numbers, f"{run.label} of {title}")
    facts: dict[str, Any] = {"kind": run.kind, "columns": columns, "roles": dict(known["roles"])}
    facts |= {"horizon_days": known.get("horizon_days"), "actions": decisions(comparison, run.method)}
    model = load_model(run.key)
    answers = model_file.answer(model, rows, facts)
    for name, decided in facts["actions"].items():
        answers = registry.find("actions", name).answered(answers, rows, decided, model)
    return answers


def decisions(comparison: Comparison, method: str) -> dict[str, Any]:
    """Return what turns a method's answers into decisions, by action; nothing where scores stay scores."""
    found = {}
    for name in registry.names("actions"):
        action = registry.find("actions", name)
        if comparison.task in action.tasks and action.facts is not None:
            with contextlib.suppress(NotApplicable):
                found[name] = action.facts(comparison, method)
    return found
