"""Resampling: bootstrap weights, and intervals for one value and for all differences at once.

Two sources of what varies: joint bootstrap replicates of fixed test rows (plus, where given, the
variance of refitting with other seeds), and the values on cross-validation folds.
Simultaneous intervals are max-T (Westfall and Young 1993): the critical value is a quantile of the
largest studentised difference, so picking the best pair from the same data is paid for.
"""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pandas as pd
from scipy.stats import t as student

from crmlab.errors import DataError

DRAWS = 20_000
"""Draws of the multivariate t behind simultaneous intervals of fold values."""


def poisson_weights(blocks: np.ndarray, replicates: int, rng: np.random.Generator) -> np.ndarray:
    """Return bootstrap weights (replicates, n) as uint8: one Poisson(1) count per block of rows.

    blocks: (n,) labels, such as customers; rows of one block always get the same weight. This is
    the bootstrap of blocks without fixing their number (Hanley and MacGibbon 2006).
    """
    _, code = np.unique(blocks, return_inverse=True)
    count = int(code.max()) + 1 if len(code) else 0
    # row by row: the generator's 64-bit counts never stand in memory together
    drawn = np.empty((replicates, count), dtype=np.uint8)
    for row in drawn:
        row[:] = rng.poisson(1.0, count)
    return drawn[:, code]


def corrected_variance(values: np.ndarray, *, test_share: float) -> np.ndarray:
    """Return the corrected resampled variance of the mean over F folds (Nadeau and Bengio 2003).

    values: (F, ...). test_share: n_test / n_train. The variance is (1/F + n_test/n_train) s².
    """
    return (1 / len(values) + test_share) * np.var(values, axis=0, ddof=1)


def interval_from_replicates(
    estimate: float,
    replicates: np.ndarray,
    *,
    level: float,
    seed_variance: float = 0.0,
    seed_df: float = 1,
    rng: np.random.Generator | None = None,
) -> tuple[float, float]:
    """Return (lower, upper) around an estimate from its bootstrap replicates (B,), nan ones left out.

    Percentiles of the replicates, moved by their mean bias (Efron and Tibshirani 1993, chapter 10).
    Percentiles keep the skew of bounded measures, which the basic interval turns round; the move
    keeps the interval on the estimate where replicates are biased upward (hull profits, binned
    calibration errors), which plain percentiles do not.
    seed_variance, seed_df: as in pairs_from_replicates; both need `rng`.
    Returns nan where fewer than two replicates are defined.
    """
    found = replicates[~np.isnan(replicates)]
    if len(found) < 2:
        return np.nan, np.nan
    moved = found - (found.mean() - estimate)
    if seed_variance > 0:
        moved = moved + _training_noise(len(moved), np.array([seed_variance]), seed_df, rng)[:, 0]
    lower, upper = np.quantile(moved, [(1 - level) / 2, (1 + level) / 2])
    return float(lower), float(upper)


def interval_from_folds(values: np.ndarray, *, test_share: float, level: float) -> tuple[float, float]:
    """Return (lower, upper) of the mean over folds (F,), by the corrected resampled t; nan folds out.

    Returns nan where fewer than two folds have a value.
    """
    found = values[~np.isnan(values)]
    if len(found) < 2:
        return np.nan, np.nan
    half = student.ppf((1 + level) / 2, len(found) - 1) * np.sqrt(
        corrected_variance(found, test_share=test_share)
    )
    return float(found.mean() - half), float(found.mean() + half)


def pairs_from_replicates(
    estimates: np.ndarray,
    replicates: np.ndarray,
    *,
    level: float,
    seed_variance: np.ndarray | None = None,
    seed_df: np.ndarray | float | None = None,
    rng: np.random.Generator | None = None,
) -> pd.DataFrame:
    """Return all pairs of k methods with simultaneous intervals, from joint bootstrap replicates.

    estimates: (k,). replicates: (B, k) under the same B weightings; rows with a nan are left out.
    seed_variance: (k,) variance that refits with other seeds put into each estimate, known from
    seed_df degrees of freedom: each replicate gets √seed_variance · t noise, independent between
    methods, so that a lead includes what refitting would change.
    Columns: i, j, difference (i − j), lower, upper, p_adjusted. Two methods whose difference never
    varies get the interval [difference, difference].
    Raises DataError where fewer than two replicates are defined.
    """
    defined = replicates[~np.isnan(replicates).any(axis=1)]
    if len(defined) < 2:
        raise DataError(f"{len(defined)} of {len(replicates)} bootstrap replicates are defined; 2 are needed")
    centred = defined - defined.mean(axis=0)
    first, second = _pairs(len(estimates))
    variance = np.var(centred[:, first] - centred[:, second], axis=0, ddof=1)
    if seed_variance is not None:
        seed_variance = np.asarray(seed_variance, dtype=np.float64)
        centred = centred + _training_noise(len(centred), seed_variance, seed_df, rng)
        variance = variance + seed_variance[first] + seed_variance[second]
    return _simultaneous(np.asarray(estimates, dtype=np.float64), centred, variance, level)


def pairs_from_folds(
    values: np.ndarray, *, test_share: float, level: float, rng: np.random.Generator
) -> pd.DataFrame:
    """Return all pairs of k methods with simultaneous intervals, from cross-validation folds (F, k).

    test_share: n_test / n_train. Corrected resampled t (Nadeau and Bengio 2003) with F − 1 degrees
    of freedom; the critical value is simulated from the multivariate t with the covariance of the
    methods over the folds. Folds where a method has no value are left out. Columns as in
    pairs_from_replicates. Raises DataError where fewer than two folds are complete.
    """
    complete = values[~np.isnan(values).any(axis=1)]
    folds = len(complete)
    if folds < 2:
        raise DataError(f"{folds} of {len(values)} folds have a value for every method; 2 are needed")
    first, second = _pairs(values.shape[1])
    variance = corrected_variance(complete[:, first] - complete[:, second], test_share=test_share)
    deviations = complete - complete.mean(axis=0)
    # normal combinations of the deviations have exactly the folds' covariance, of whatever rank
    scale = np.sqrt((1 / folds + test_share) / (folds - 1))
    normal = rng.standard_normal((DRAWS, folds)) @ deviations * scale
    drawn = normal / np.sqrt(rng.chisquare(folds - 1, (DRAWS, 1)) / (folds - 1))
    return _simultaneous(complete.mean(axis=0), drawn, variance, level)


def _pairs(methods: int) -> tuple[list[int], list[int]]:
    """Return the first and the second index of all pairs."""
    pairs = list(combinations(range(methods), 2))
    return [i for i, _ in pairs], [j for _, j in pairs]


def _training_noise(
    draws: int, variance: np.ndarray, df: np.ndarray | float | None, rng: np.random.Generator | None
) -> np.ndarray:
    """Draw √variance · t noise (draws, k): what refitting with another seed may change."""
    if df is None or rng is None:
        raise TypeError("seed_variance needs seed_df and rng")
    return np.sqrt(variance) * rng.standard_t(df, (draws, len(variance)))


def _simultaneous(
    estimates: np.ndarray, noise: np.ndarray, variance: np.ndarray, level: float
) -> pd.DataFrame:
    """Return all pairs with max-T intervals and p-values.

    estimates: (k,). noise: (B, k) draws around 0. variance: (pairs,) of each difference.
    """
    first, second = _pairs(len(estimates))
    difference = estimates[first] - estimates[second]
    error = np.sqrt(variance)
    # differences of equal columns leave rounding errors, which are no variance
    fixed = error <= 1e-12 * np.maximum(np.abs(estimates[first]), np.abs(estimates[second]))
    error = np.where(fixed, 0.0, error)
    difference = np.where(fixed & (np.abs(difference) <= 1e-12 * np.abs(estimates[first])), 0.0, difference)
    largest = np.zeros(len(noise))
    for i, j, e in zip(first, second, error, strict=True):
        if e > 0:
            np.maximum(largest, np.abs(noise[:, i] - noise[:, j]) / e, out=largest)
    half = np.quantile(largest, level) * error
    studentised = np.divide(
        np.abs(difference), error, out=np.where(difference == 0, 0.0, np.inf), where=error > 0
    )
    exceeded = len(largest) - np.searchsorted(np.sort(largest), studentised, side="left")
    return pd.DataFrame(
        {
            "i": first,
            "j": second,
            "difference": difference,
            "lower": difference - half,
            "upper": difference + half,
            "p_adjusted": (1 + exceeded) / (1 + len(largest)),
        }
    )
