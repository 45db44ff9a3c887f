"""Rates: how often rows with such a score are positive, with an interval, known from other rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from scipy.optimize import isotonic_regression
from scipy.stats import norm

from crmlab.errors import DataError
from crmlab.maths.ranking import Ranking

FEWEST: Final = 10
"""A rate rests on at least so many rows, where there are so many."""


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

    outcome: (n,) of 0 and 1. score: (n,). Neighbours are taken together first, so that no rate
    rests on fewer than FEWEST rows (of the best score alone it would be 0 or 1). The regression pools
    them into blocks of one rate each; the interval is that of a block's rate, and assumes no shape.
    In the worlds of the tests it holds the true rate of about 19 of 20 new rows; a logistic map
    (Platt 1999) fails where the miscalibration is not logistic. It varies the known rows only, not
    the time that has passed since. Raises DataError without rows.
    """
    if len(outcome) == 0:
        raise DataError("no row with a known outcome to take rates from")
    ranked = Ranking(outcome, score)
    _, positive, negative = next(ranked.masses(np.ones((1, len(outcome)))))
    mass = (positive + negative)[0]
    firsts = _together(mass)
    ones, size = np.add.reduceat(positive[0], firsts), np.add.reduceat(mass, firsts)
    # the highest score comes first in a ranking
    pools = isotonic_regression(ones / size, weights=size, increasing=False).blocks
    ones, size = np.add.reduceat(ones, pools[:-1]), np.add.reduceat(size, pools[:-1])
    starts = np.r_[firsts, len(mass)][pools]
    edges = np.column_stack(
        [starts[:-1], starts[1:] - 1]
    ).ravel()  # a block is flat from its first to its last
    kept = np.r_[True, edges[1:] != edges[:-1]]
    bounds = wilson(ones, size, level=level)
    values = (np.repeat(v, 2)[kept][::-1] for v in (ones / size, *bounds))
    return Rates(ranked.scores[edges[kept]][::-1], *values)


def _together(mass: np.ndarray) -> np.ndarray:
    """Return where each group of neighbours begins that holds at least FEWEST of the mass (g,)."""
    starts, held = [0], 0.0
    for place, own in enumerate(mass):
        if held >= FEWEST:
            starts.append(place)
            held = 0.0
        held += own
    short = len(starts) > 1 and held < FEWEST
    return np.array(starts[:-1] if short else starts)


def wilson(ones: np.ndarray, size: np.ndarray, *, level: float) -> tuple[np.ndarray, np.ndarray]:
    """Return the interval of shares `ones` of `size` (k,), after Wilson (1927)."""
    z = norm.ppf((1 + level) / 2)
    share, spread = ones / size, z**2 / size
    middle = (share + spread / 2) / (1 + spread)
    half = z / (1 + spread) * np.sqrt(share * (1 - share) / size + spread / (4 * size))
    # rounding must not put the share itself outside
    return np.minimum(middle - half, share).clip(0), np.maximum(middle + half, share).clip(max=1)
