"""Value: how well predicted spend orders, sums up and bounds what customers spend afterwards.

Spend has a mass at zero. Whether an interval holds a zero is therefore judged by the randomised
probability integral transform (Czado, Gneiting and Held 2009), in expectation over its coin: nothing
is drawn.
"""

from __future__ import annotations

import numpy as np

from crmlab.maths.ranking import Ranking, along

LOW, HIGH = 0.1, 0.9
"""The levels of the interval that answers hold."""
NOMINAL = HIGH - LOW
DECILES = 10


def covered(value: np.ndarray, lower: np.ndarray, upper: np.ndarray, p_zero: np.ndarray) -> np.ndarray:
    """Return the probability that the randomised PIT of each value lies in [LOW, HIGH], (n,).

    value, lower, upper: spend ≥ 0. p_zero: the predicted P(value = 0). A value of 0 has a PIT that is
    uniform on (0, p_zero); a positive one is inside where lower ≤ value ≤ upper. An interval without
    width at a positive value is one point with all the mass, whose PIT is uniform on (0, 1).
    """
    overlap = np.clip(np.minimum(p_zero, HIGH) - LOW, 0.0, None)
    zero = np.divide(overlap, p_zero, out=np.zeros(len(value)), where=p_zero > 0)
    inside = ((lower <= value) & (value <= upper)).astype(np.float64)
    return np.where(value > 0, np.where(lower == upper, NOMINAL * inside, inside), zero)


def spearman(value: np.ndarray, score: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Return the correlation of mid-ranks (Spearman 1904), (B,), for weights (B, n) as counts.

    0 for a score that is the same for everyone, as in random order; nan where the values are.
    """
    a, b = _mid_ranks(value, weights), _mid_ranks(score, weights)
    covariance = (weights * a * b).sum(axis=1)
    of_value, of_score = (weights * a**2).sum(axis=1), (weights * b**2).sum(axis=1)
    scale = np.sqrt(of_value * of_score)
    found = np.divide(covariance, scale, out=np.zeros(len(weights)), where=scale > 0)
    return np.where(of_value > 0, np.clip(found, -1.0, 1.0), np.nan)


def _mid_ranks(values: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Return the weighted mid-ranks of values (n,) around their mean, (B, n)."""
    _, code = np.unique(values, return_inverse=True)
    order = np.argsort(code, kind="stable")
    starts = np.flatnonzero(np.diff(code[order], prepend=-1))
    mass = np.add.reduceat(np.take(weights, order, axis=1).astype(np.float64), starts, axis=1)
    # the mean of weighted mid-ranks is half of the mass
    middle = np.cumsum(mass, axis=1) - mass / 2 - mass.sum(axis=1, keepdims=True) / 2
    return middle[:, code]


def normalised_gini(value: np.ndarray, score: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Return the gains area above a random order, over that of a perfect order, (B,).

    nan where nothing or the same was spent by everyone. Ties count as a random order.
    """
    best = _area(value, value, weights)
    found = np.divide(_area(value, score, weights), best, out=np.full(len(best), np.nan), where=best > 1e-12)
    return np.clip(found, -1.0, 1.0)


def _area(value: np.ndarray, score: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Return the area between the cumulative gains curve and its diagonal, (B,); nan without value."""
    area = np.full(len(weights), np.nan)
    for these, worth, rest in Ranking(value, score).masses(weights):
        mass = worth + rest
        captured = np.cumsum(worth, axis=1) - worth / 2
        total, rows = worth.sum(axis=1), mass.sum(axis=1)
        under = np.einsum("bg,bg->b", captured, mass)
        scale = total * rows
        found = np.divide(under, scale, out=np.full(len(scale), np.nan), where=scale > 0)
        area[these] = found - 0.5
    return area


def decile_error(value: np.ndarray, score: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Return the mean |predicted − realised| of deciles by prediction, over the mean value, (B,).

    After the decile-level error of Wang, Liu and Miao (2019), relative to the overall mean, as a decile
    without any spend has no relative error of its own. A tie group that a border cuts goes to both
    sides in proportion. nan where nothing was spent.
    """
    found = np.full(len(weights), np.nan)
    ranked = Ranking(value, score)
    for these, worth, rest in ranked.masses(weights):
        mass = worth + rest
        running = np.cumsum(mass, axis=1)
        borders = running[:, -1:] * np.linspace(0, 1, DECILES + 1)
        gap = np.diff(along(running, np.cumsum(mass * ranked.scores - worth, axis=1), borders), axis=1)
        total = worth.sum(axis=1)
        found[these] = np.divide(
            np.abs(gap).sum(axis=1), total, out=np.full(len(total), np.nan), where=total > 0
        )
    return found


def discounted_margin(
    spend: np.ndarray, *, margin_share: float, discount_per_year: float, horizon_days: float
) -> np.ndarray:
    """Return today's worth of the margin on spend that comes evenly over the horizon, (n,).

    margin_share: of the revenue. The discount factor is the mean of (1 + discount)^(−t) over the
    horizon (Gupta and Lehmann 2003, in continuous time).
    """
    rate = np.log1p(discount_per_year) * horizon_days / 365.25
    return margin_share * np.asarray(spend) * (-np.expm1(-rate) / rate if rate > 0 else 1.0)
