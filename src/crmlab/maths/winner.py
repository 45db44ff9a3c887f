"""The winner: an interval for the largest of several estimates, picked because it is the largest."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.special import log_ndtr

from crmlab.maths.leads import deviations

DRAWS = 20_000
"""Draws behind the projection interval."""

STILL = 1e-6
"""An error that is so small a part of the largest is rounding."""

ALIKE = 0.05
"""Where a difference has so small a part of the winner's own error, to have picked moved next to nothing."""


def interval_of_best(estimates: np.ndarray, covariance: np.ndarray, *, level: float) -> tuple[float, float]:
    """Return (lower, upper) of the largest of k estimates, which was picked because it is the largest.

    The hybrid interval of Andrews, Kitagawa and McCloskey (2024): conditional on having been picked (a
    truncated normal) within the projection interval at a tenth of the error. estimates: (k,), normal with
    this covariance (k, k). Where another is hardly behind, all of that may lie below the
    estimate; the interval reaches as far as the estimate all the same, which only adds to its coverage.
    """
    alpha = 1 - level
    beta = alpha / 10
    best = int(np.argmax(estimates))
    own = covariance[best, best]
    if own <= 0:
        return float(estimates[best]), float(estimates[best])
    sd = np.sqrt(own)
    reach = _projection(covariance, beta) * sd
    low, high = _truncation(estimates, covariance, best)
    tail = (alpha - beta) / (1 - beta) / 2
    value = estimates[best]

    def p_of(mu: float) -> float:
        return _truncated_cdf(value, mu, sd, max(low, mu - reach), min(high, mu + reach))

    ends = [_solve(p_of, q, value - reach, value + reach) for q in (1 - tail, tail)]
    return float(min(*ends, value)), float(max(*ends, value))


def covariance_of(replicates: np.ndarray, fits: np.ndarray) -> np.ndarray:
    """Return the covariance (k, k) of the estimates: over the test customers, and over the fits."""
    defined = replicates[~np.isnan(replicates).any(axis=1)]
    trained = deviations(fits)
    return np.atleast_2d(np.cov(defined, rowvar=False, ddof=1)) + trained.T @ trained


def covariance_of_folds(values: np.ndarray, *, test_share: float) -> np.ndarray:
    """Return the covariance (k, k) of the means over cross-validation folds (F, k), nan ones left out.

    Corrected (Nadeau and Bengio 2003) by test_share, n_test / n_train; nan where fewer than two folds are
    complete.
    """
    complete = values[~np.isnan(values).any(axis=1)]
    if len(complete) < 2:
        return np.full((values.shape[1], values.shape[1]), np.nan)
    return (1 / len(complete) + test_share) * np.atleast_2d(np.cov(complete, rowvar=False, ddof=1))


def _projection(covariance: np.ndarray, beta: float) -> float:
    """Return the quantile of the largest |studentised| error: what covers all estimates at once.

    Estimates whose error is nothing beside the largest (STILL) have none: theirs is left by rounding.
    """
    rng = np.random.Generator(np.random.PCG64(0))
    drawn = rng.standard_normal((DRAWS, len(covariance))) @ _root(covariance)
    sd = np.sqrt(np.diag(covariance))
    moving = sd > STILL * sd.max()
    return float(np.quantile(np.abs(drawn[:, moving] / sd[moving]).max(axis=1), 1 - beta))


def _root(covariance: np.ndarray) -> np.ndarray:
    """Return the symmetric root of a covariance, the one root that no sign of an eigenvector changes."""
    values, vectors = np.linalg.eigh(covariance)
    return (vectors * np.sqrt(np.maximum(values, 0))) @ vectors.T


def _truncation(estimates: np.ndarray, covariance: np.ndarray, best: int) -> tuple[float, float]:
    """Return between which values the best estimate stays the best, given what is independent of it.

    Rivals that are nearly the same estimate (ALIKE) bound nothing: between them there was no choice.
    """
    own = covariance[best, best]
    apart = np.sqrt(np.maximum(own + np.diag(covariance) - 2 * covariance[:, best], 0.0))
    gap = 1 - covariance[:, best] / own
    # in this form no rounding moves a bound beyond the estimate
    room = np.divide(
        estimates[best] - estimates, np.abs(gap), out=np.full(len(gap), np.inf), where=np.abs(gap) > 1e-9
    )
    chosen = apart > ALIKE * np.sqrt(own)
    low = room[chosen & (gap > 0)].min(initial=np.inf)
    high = room[chosen & (gap < 0)].min(initial=np.inf)
    return float(estimates[best] - low), float(estimates[best] + high)


def _truncated_cdf(value: float, mu: float, sd: float, low: float, high: float) -> float:
    """Return P(Y <= value) of a normal cut off at low and high."""
    if value <= low:
        return 0.0
    if value >= high:
        return 1.0
    a, b, x = (low - mu) / sd, (high - mu) / sd, (value - mu) / sd
    if a > 0:  # the upper tail, by symmetry: there the logarithms keep their digits
        return 1 - _share(-b, -x, -a)
    return _share(a, x, b)


def _share(a: float, x: float, b: float) -> float:
    """Return P(Y <= x) of a standard normal between a and b."""
    whole = _between(a, b)
    if whole > 0:
        return float(_between(a, x) / whole)
    # so short an interval that its ends have the same probability: the density is flat in it
    return (x - a) / (b - a) if b > a else 0.5


def _between(a: float, b: float) -> float:
    """Return Φ(b) − Φ(a), with its digits far in the lower tail, too."""
    return float(np.exp(log_ndtr(b)) * -np.expm1(log_ndtr(a) - log_ndtr(b)))


def _solve(p_of: Callable[[float], float], q: float, low: float, high: float) -> float:
    """Return the mean at which the value lies at the quantile q, by bisection; p falls with the mean."""
    for _ in range(80):
        middle = (low + high) / 2
        low, high = (middle, high) if p_of(middle) > q else (low, middle)
    return (low + high) / 2
