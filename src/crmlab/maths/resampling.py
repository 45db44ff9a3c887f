"""Resampling: bootstrap weights, and the interval of one value.

Two sources of what varies: joint bootstrap replicates of fixed test rows, and the values on cross-validation
folds. All differences between methods are in crmlab.maths.leads.
"""

from __future__ import annotations

import numpy as np
from scipy.stats import t as student


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
    seed_variance: variance that random parts put into the estimate, known from seed_df degrees of freedom:
    each replicate gets √seed_variance · t noise. Both need `rng`.
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


def _training_noise(
    draws: int, variance: np.ndarray, df: np.ndarray | float | None, rng: np.random.Generator | None
) -> np.ndarray:
    """Draw √variance · t noise (draws, k): what refitting with another seed may change."""
    if df is None or rng is None:
        raise TypeError("seed_variance needs seed_df and rng")
    return np.sqrt(variance) * rng.standard_t(df, (draws, len(variance)))
