"""Churning: by whose scores, and with which probability, the customers of a last window buy nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from crmlab.actions._listing import inner_hold_out, is_probable, not_probable, scores
from crmlab.explain.scoring import scoring
from crmlab.maths.rates import rates

if TYPE_CHECKING:
    from crmlab.comparison.compare import Comparison
    from crmlab.comparison.run import Run


def churning(comparison: Comparison) -> tuple[Run, np.ndarray, np.ndarray, int]:
    """Return who scores the last window's rows, score and probability of churn (m,), and on how many rows.

    The rows are those of the hold-out that the probability rests on, 0 without one. Raises NotApplicable
    where no method's scores are or become probabilities.
    """
    number = comparison.problem.last_number()
    run = _first_probable(scoring(comparison), number)
    score = scores(run, number).loc[comparison.problem.last_fold().test_row_ids].to_numpy(dtype=np.float64)
    return run, score, *_probability(comparison, run, number, score)


def _first_probable(runs: list[Run], number: int) -> Run:
    """Return the first run whose scores of a fold are probabilities, or has a hold-out to take rates from."""
    for run in runs:
        if is_probable(run, number):
            return run
    raise not_probable(runs[0])


def _probability(comparison: Comparison, run: Run, number: int, score: np.ndarray) -> tuple[np.ndarray, int]:
    """Return the probability of churn by score, (m,), and on how many held-out rows it rests."""
    outcome, inner = inner_hold_out(comparison, run, number)
    if not len(inner):
        return score, 0
    return rates(outcome, inner, level=comparison.level).at(score)[0], len(inner)
