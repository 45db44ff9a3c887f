"""Ranking: how well scores put outcomes of 1 first, under many weightings at once.

Rows with equal scores form a group; every measure takes the value that the group has on average
over random orders, so nothing depends on the order of the rows.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from crmlab.errors import DataError

CELLS = 2_000_000
"""Weights looked at together: bounds memory at some 16 MB per array, and stays near the cache."""


class Ranking:
    """Rows sorted once by falling score, grouped by ties, to be weighted many times.

    outcome: (n,) of 0 and 1. score: (n,). Raises DataError for a score that is not a number.
    `scores` holds the g distinct scores, the highest first.
    """

    def __init__(self, outcome: np.ndarray, score: np.ndarray) -> None:
        score = np.asarray(score, dtype=np.float64)
        if np.isnan(score).any():
            raise DataError(f"the score of row {np.isnan(score).argmax()} is nan; a method scores every row")
        self.order = np.argsort(-score, kind="stable")
        ranked = score[self.order]
        self.starts = np.flatnonzero(np.r_[True, ranked[1:] != ranked[:-1]])
        self.scores = ranked[self.starts]
        self.outcome = np.asarray(outcome, dtype=np.float64)[self.order]

    def masses(self, weights: np.ndarray) -> Iterator[tuple[slice, np.ndarray, np.ndarray]]:
        """Yield (which of the B weightings, positive mass (b, g), negative mass (b, g))."""
        step = max(1, CELLS // len(self.order))
        for start in range(0, len(weights), step):
            these = slice(start, start + step)
            sorted_weights = np.take(weights[these], self.order, axis=1).astype(np.float64, copy=False)
            total = self._by_group(sorted_weights)
            positive = self._by_group(sorted_weights * self.outcome)
            yield these, positive, total - positive

    def _by_group(self, values: np.ndarray) -> np.ndarray:
        """Sum the columns of each tie group."""
        if len(self.starts) == len(self.order):
            return values
        return np.add.reduceat(values, self.starts, axis=1)


def auc(outcome: np.ndarray, score: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Return the area under the ROC curve, (B,); nan where a weighting holds one class only.

    outcome, score: (n,). weights: (B, n). Ties count one half (Hanley and McNeil 1982).
    """
    values = np.full(len(weights), np.nan)
    for these, positive, negative in Ranking(outcome, score).masses(weights):
        below = negative.sum(axis=1, keepdims=True) - np.cumsum(negative, axis=1)
        won = np.einsum("bg,bg->b", positive, below + negative / 2)
        values[these] = _ratio(won, positive.sum(axis=1) * negative.sum(axis=1))
    return values


def average_precision(outcome: np.ndarray, score: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Return the average precision, (B,); nan where a weighting holds no outcome of 1.

    The precision at each distinct score, weighted by the recall that the score adds, without
    interpolation: a tie group enters at once, so a constant score earns the base rate.
    """
    values = np.full(len(weights), np.nan)
    for these, positive, negative in Ranking(outcome, score).masses(weights):
        found = np.cumsum(positive, axis=1)
        precision = _ratio(found, found + np.cumsum(negative, axis=1), empty=0.0)
        values[these] = _ratio(np.einsum("bg,bg->b", positive, precision), found[:, -1])
    return values


def top_share_lift(
    outcome: np.ndarray, score: np.ndarray, weights: np.ndarray, *, share: float
) -> np.ndarray:
    """Return the rate among the top `share` of rows over the base rate, (B,); nan without a 1.

    share: in (0, 1]. Of the group that the border cuts, the part inside counts in proportion.
    """
    captured, found, _ = _captured(outcome, score, weights, share)
    return _ratio(captured, share * found)


def top_share_rate(
    outcome: np.ndarray, score: np.ndarray, weights: np.ndarray, *, share: float
) -> np.ndarray:
    """Return the rate of 1s among the top `share` of rows, (B,); nan for weights of 0.

    outcome: (n,) of 0 and 1, or true probabilities, whose mean is returned then.
    share: in (0, 1]. Of the group that the border cuts, the part inside counts in proportion.
    """
    captured, _, mass = _captured(outcome, score, weights, share)
    return _ratio(captured, share * mass)


def _captured(
    outcome: np.ndarray, score: np.ndarray, weights: np.ndarray, share: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the mass of 1s among the top `share` of rows, of all 1s, and of all rows, each (B,)."""
    captured, found, mass = np.empty((3, len(weights)))
    for these, positive, negative in Ranking(outcome, score).masses(weights):
        ones, rows = np.cumsum(positive, axis=1), np.cumsum(positive + negative, axis=1)
        captured[these] = along(rows, ones, share * rows[:, -1:])[:, 0]
        found[these], mass[these] = ones[:, -1], rows[:, -1]
    return captured, found, mass


def along(mass: np.ndarray, total: np.ndarray, depths: np.ndarray) -> np.ndarray:
    """Return the running total (b, g) at given depths (b, d) of running mass (b, g), linear between.

    Linear within a group is the mean over random orders of the group's rows.
    """
    start = np.zeros((len(mass), 1))
    pairs = zip(depths, np.hstack([start, mass]), np.hstack([start, total]), strict=True)
    return np.array([np.interp(d, m, t) for d, m, t in pairs])


def gains(
    outcome: np.ndarray, score: np.ndarray, weights: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Return the cumulative gains curve: (share of rows contacted, share of 1s captured), each (g + 1,).

    weights: (n,), all one where None. From (0, 0) to (1, 1), one point per distinct score.
    """
    weights = np.ones(len(outcome)) if weights is None else np.asarray(weights)
    _, positive, negative = next(Ranking(outcome, score).masses(weights[None, :]))
    contacted = np.r_[0.0, np.cumsum(positive + negative)]
    captured = np.r_[0.0, np.cumsum(positive)]
    return contacted / contacted[-1], _ratio(captured, captured[-1])


def alift(outcome: np.ndarray, score: np.ndarray, weights: np.ndarray | None = None) -> float:
    """Return the area under the cumulative gains curve, by the trapezoid rule.

    It equals π/2 + (1 − π)·AUC at base rate π (no information beyond AUC): a consistency test.
    """
    contacted, captured = gains(outcome, score, weights)
    return float(np.trapezoid(captured, contacted))


def _ratio(above: np.ndarray, below: np.ndarray, *, empty: float = np.nan) -> np.ndarray:
    """Divide, with `empty` where the divisor is 0."""
    above, below = np.broadcast_arrays(above, below)
    return np.divide(above, below, out=np.full(above.shape, empty), where=below > 0)
