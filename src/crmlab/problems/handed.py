"""What the harness is handed of a fold: it decides what a method may see, and is part of every run's key."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from crmlab.errors import UsageError
from crmlab.vocabulary import TEST, TRAIN

if TYPE_CHECKING:
    from crmlab.problems.problem import Problem

OBSERVED: Final = ("outcome", "value", "purchases", "duration_days", "event")
"""The columns of the solution that a shop sees in time; what only an oracle knows is not among them."""


@dataclass(frozen=True)
class Fold:
    """What the harness may hand out of one fold: no outcome of a test row is in it.

    history: the events of all customers before the fold's cutoff, None where the problem has none.
    """

    number: int
    train_rows: pd.DataFrame
    train_outcomes: pd.DataFrame
    test_rows: pd.DataFrame
    test_row_ids: np.ndarray
    window: int
    cutoff: str | None
    history: pd.DataFrame | None = None


def fold_of(problem: Problem, number: int) -> Fold:
    """Return one fold of a problem. Raises UsageError for a number that does not exist."""
    facts = next((f for f in problem.facts["folds"] if f["fold"] == number), None)
    if facts is None:
        raise UsageError(
            f"{problem.task}/{problem.name} has no fold {number}: it has {len(problem.facts['folds'])}"
        )
    mine = problem.folds[problem.folds["fold"] == number]
    known = [c for c in OBSERVED if c in problem.solution]
    train, test = (mine.loc[mine["part"] == part, "row_id"].to_numpy() for part in (TRAIN, TEST))
    return Fold(
        number=number,
        train_rows=problem.rows.iloc[train].reset_index(drop=True),
        train_outcomes=problem.solution[known].iloc[train].reset_index(drop=True),
        test_rows=problem.rows.iloc[test].reset_index(drop=True),
        test_row_ids=test,
        window=facts["window"],
        cutoff=facts["cutoff"],
        history=_history_before(problem, facts["cutoff"]),
    )


def _history_before(problem: Problem, cutoff: str | None) -> pd.DataFrame | None:
    """Return the events before a cutoff; all of them where the problem has no time."""
    if problem.history is None or cutoff is None:
        return problem.history
    return problem.history[problem.history["at"] < pd.Timestamp(cutoff)].reset_index(drop=True)
