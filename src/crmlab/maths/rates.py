"""Rates: how often rows with such a score are positive, with an interval, known from other rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.optimize import isotonic_regression
from scipy.stats import norm

from crmlab.errors import DataError
from crmlab.maths.ranking import Ranking


@dataclass(frozen=True)
class Rates:
    """The rate of 1s and its interval at k scores, in rising order; between them it is a line."""

    score: np.ndarray
    rate: np.ndarray
    lower: np.ndarray
    upper: np.ndarray

    def at(self, score: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return the rate, its lower and its upper end at scores (m,), constant beyond the known ones."""
        return tuple(np.interp(score, self.score, y) for y in (self.rate, self.lower, self.upper))

    def facts(self) -> dict[str, list[float]]:
        """Return the numbers as plain JSON."""
        return {name: [float(x) for x in getattr(self, name)] for name in ("score", "rate", "lower", "upper")}

    @classmethod
    def of_facts(cls, facts: Mapping[str, Sequence[Any]]) -> Rates:
        """Return what `facts` was made of."""
        return cls(**{name: np.asarray(values, dtype=np.float64) for name, values in facts.items()})


def rates(outcome: np.ndarray, score: np.ndarray, *, level: float) -> Rates:
    """Return the rate by score: isotonic regression (Zadrozny and Elkan 2002), the interval Wilson's (1927).

    outcome: (n,) of 0 and 1. score: (n,). The regression pools rows into blocks of one rate each;
    the interval is that of the rate of a block. It was chosen by simulation: with 900 to 6,000 known
    rows it holds the true rate of 92 to 95 % of new rows whatever the scores' miscalibration, the
    bootstrap of the regression 71 to 94 %, a logistic map (Platt 1999) 25 % where the miscalibration
    is not logistic. It varies the known rows only, not the time that has passed since. Raises
    DataError where there is no row.
    """
    if len(outcome) == 0:
        raise DataError("no row with a known outcome to take rates from")
    ranked = Ranking(outcome, score)
    _, positive, negative = next(ranked.masses(np.ones((1, len(outcome)))))
    mass = (positive + negative)[0]
    # the highest score comes first in a ranking
    blocks = isotonic_regression(positive[0] / mass, weights=mass, increasing=False).blocks
    starts, ends = blocks[:-1], blocks[1:] - 1
    ones, size = np.add.reduceat(positive[0], starts), np.add.reduceat(mass, starts)
    bounds = wilson(ones, size, level=level)
    edges = np.column_stack([starts, ends]).ravel()  # a block is flat between its first and last score
    kept = np.r_[True, edges[1:] != edges[:-1]]
    values = (np.repeat(v, 2)[kept][::-1] for v in (ones / size, *bounds))
    return Rates(ranked.scores[edges[kept]][::-1], *values)


def wilson(ones: np.ndarray, size: np.ndarray, *, level: float) -> tuple[np.ndarray, np.ndarray]:
    """Return the interval of shares `ones` of `size` (k,), after Wilson (1927)."""
    z = norm.ppf((1 + level) / 2)
    share, spread = ones / size, z**2 / size
    middle = (share + spread / 2) / (1 + spread)
    half = z / (1 + spread) * np.sqrt(share * (1 - share) / size + spread / (4 * size))
    # rounding must not put the share itself outside
    return np.minimum(middle - half, share).clip(0), np.maximum(middle + half, share).clip(max=1)
