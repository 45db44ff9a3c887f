"""Conformal: predictive distributions of spend, calibrated on rows that the model has not seen.

A prediction is a mass at zero and quantiles of what is spent by those who buy. Held-out rows say how
their randomised probability integral transforms are in truth distributed; the inverse of that
distribution moves the quantiles (distributional conformal prediction: Chernozhukov, Wüthrich and
Zhu 2021), within groups by predicted value (Mondrian: Vovk 2013). Residuals on the money scale
would be ruled by the many small customers and cover few of the large ones.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

LEVELS = np.array([0.005, 0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.98, 0.995])
"""The levels at which the spend of those who buy is described."""
GRID = np.linspace(0, 1, 201)
SHARES = (0.5, 0.8, 0.9)
"""Where groups by predicted value are cut: the lower half, the next 30 %, 10 % and the top decile."""
ENOUGH = 50
"""Rows that a group needs; with fewer in the smallest, all rows are one group."""


@dataclass(frozen=True)
class Spread:
    """Predictive distributions of n customers' spend.

    mean: (n,), the expected spend. p_zero: (n,), P(spend = 0). quantiles: (n, LEVELS), of the spend
    of those who buy, positive and not falling along a row.
    """

    mean: np.ndarray
    p_zero: np.ndarray
    quantiles: np.ndarray

    def cdf(self, value: np.ndarray) -> np.ndarray:
        """Return P(spend ≤ value), (n,); linear in the logarithm between the levels."""
        known, asked = np.log(self.quantiles), np.log(np.where(value > 0, value, 1.0))[:, None]
        above = np.clip((known <= asked).sum(axis=1), 1, len(LEVELS) - 1)
        rows = np.arange(len(value))
        low, high = known[rows, above - 1], known[rows, above]
        step = np.divide(asked[:, 0] - low, high - low, out=np.ones(len(value)), where=high > low)
        level = LEVELS[above - 1] + np.clip(step, 0, 1) * (LEVELS[above] - LEVELS[above - 1])
        return np.where(value > 0, self.p_zero + (1 - self.p_zero) * level, self.p_zero)

    def quantile(self, level: np.ndarray) -> np.ndarray:
        """Return the spend that is not exceeded with probability `level` (n,), (n,)."""
        bought = 1 - self.p_zero
        inner = np.divide(level - self.p_zero, bought, out=np.zeros(len(level)), where=bought > 0)
        inside = np.clip(inner, LEVELS[0], LEVELS[-1])
        above = np.clip(np.searchsorted(LEVELS, inside, side="right"), 1, len(LEVELS) - 1)
        rows, known = np.arange(len(level)), np.log(self.quantiles)
        step = (inside - LEVELS[above - 1]) / (LEVELS[above] - LEVELS[above - 1])
        spend = np.exp(known[rows, above - 1] + step * (known[rows, above] - known[rows, above - 1]))
        return np.where(inner > 0, spend, 0.0)


@dataclass
class Recalibration:
    """How the PITs of held-out rows are distributed, by group of predicted value.

    edges: (g - 1,), predicted values that divide the groups. reached: (g, GRID), the share of held-out
    rows whose PIT is at most each level of the grid; the levels themselves where nothing is known.
    """

    edges: np.ndarray = field(default_factory=lambda: np.empty(0))
    reached: np.ndarray = field(default_factory=lambda: GRID[None, :].copy())

    def applied(self, spread: Spread, levels: tuple[float, ...]) -> tuple[np.ndarray, list[np.ndarray]]:
        """Return the calibrated P(spend = 0), (n,), and the quantiles at each level, each (n,)."""
        group = np.searchsorted(self.edges, spread.mean, side="right")
        p_zero, moved = np.empty(len(group)), [np.empty(len(group)) for _ in levels]
        for g, reached in enumerate(self.reached):
            mine = group == g
            p_zero[mine] = np.interp(spread.p_zero[mine], GRID, reached)
            for level, at in zip(levels, moved, strict=True):
                at[mine] = np.interp(level, reached, GRID)
        return p_zero, [spread.quantile(at) for at in moved]


def recalibration(spread: Spread, value: np.ndarray) -> Recalibration:
    """Return the recalibration that the values (n,) of held-out rows ask of their predictions.

    One more, uniform, row stands in each group for the customer to come, as in conformal prediction: so no
    level is ever reached by nobody.
    """
    cut = np.quantile(spread.mean, SHARES) if len(value) * (1 - SHARES[-1]) >= ENOUGH else np.empty(0)
    edges = np.unique(cut)
    group = np.searchsorted(edges, spread.mean, side="right")
    pit, reached = spread.cdf(value), np.empty((len(edges) + 1, len(GRID)))
    for g in range(len(reached)):
        zero, bought = (group == g) & (value <= 0), (group == g) & (value > 0)
        # a zero's PIT is uniform on (0, p_zero): it counts with its probability, and no coin is thrown
        mass = spread.p_zero[zero]
        shares = np.minimum(GRID[:, None] / np.maximum(mass, 1e-12), 1.0).sum(axis=1)
        shares += np.searchsorted(np.sort(pit[bought]), GRID, side="right")
        reached[g] = (shares + GRID) / (zero.sum() + bought.sum() + 1)
    return Recalibration(edges, reached)
