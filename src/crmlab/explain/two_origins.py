"""Two origins: one to learn from, and the first one after it at which its labels are known."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from crmlab import registry
from crmlab.errors import NotApplicable
from crmlab.explain.window import LastWindow
from crmlab.history import windows
from crmlab.problems.coming_back import outcome_word
from crmlab.vocabulary import CATEGORICAL, NUMERIC

if TYPE_CHECKING:
    from crmlab.problems.problem import Problem


def pair(problem: Problem, *, seed: int, level: float) -> tuple[LastWindow, windows.Window, Any]:
    """Return the two origins as train and test rows, the label window of the first, the second origin.

    Mined is the latest train origin of the last window; counted again is the first origin, whether it
    trains or tests, at which the labels of that one are known: the label windows do not overlap. An origin
    has one row per customer. Raises NotApplicable where there are not two such origins with both classes.
    """
    facts = problem.facts
    last = problem.last_fold()
    named = f"{problem.task}/{problem.name}"
    if last.cutoff is None:
        raise NotApplicable(f"{named} has no dates: no rule is mined on one origin and counted on the next")
    if "followed_until" in facts.get("spec", {}):
        raise NotApplicable(
            f"{named} has censored outcomes: of whom it is not known who churned, no rule tells"
        )
    if not len(last.train_rows):
        raise NotApplicable(f"{named} has no train rows: there is no earlier origin to mine rules on")
    origins = problem.rows["origin"]
    first = last.train_rows["origin"].max()
    labels = windows.Window(first, facts["horizon_days"], facts.get("gap_days") or 0)
    later = origins[(origins >= labels.end) & (origins <= windows.midnight(last.cutoff))]
    if not len(later):
        raise NotApplicable(f"{named} has no origin after the labels of {first:%Y-%m-%d} are known")
    roles = {c: r for c, r in facts["roles"].items() if r in (NUMERIC, CATEGORICAL)}
    rows = [problem.rows[origins == at] for at in (first, later.min())]
    outcomes = [problem.solution["outcome"].to_numpy()[part["row_id"]] for part in rows]
    if any(len(np.unique(outcome)) < 2 for outcome in outcomes):
        raise NotApplicable(f"an origin of {named} holds one class: no rule can tell who churned")
    window = LastWindow(
        train=rows[0][list(roles)].reset_index(drop=True),
        train_outcome=outcomes[0],
        test=rows[1][list(roles)].reset_index(drop=True),
        test_outcome=outcomes[1],
        customers=rows[1]["customer"].to_numpy(),
        roles=roles,
        seed=seed,
        level=level,
        people="customers",
        positive=outcome_word(problem),
        rows=f"the customers at {later.min():%Y-%m-%d}",
    )
    return window, labels, later.min()


def counting(problem: Problem) -> tuple[str, ...]:
    """Return the columns that count something, as the feature families declare them: tickets, visits, ..."""
    families = (registry.find("features", f) for f in problem.facts.get("families", ()))
    return tuple(c for family in families for c in family.counts if c in problem.facts["roles"])
