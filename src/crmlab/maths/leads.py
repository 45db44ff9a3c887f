"""Leads: all differences between methods, with what varies in them measured in pairs.

The error of a difference has two parts. Which customers test: the methods are weighted anew together
(bootstrap). Which customers train, and by which seed: every fit of one method stands beside the fit of
another to the same customers, the estimate among them, so what two methods share cancels. The variance over
a handful of fits is itself uncertain; it is shrunk towards that of the other pairs by empirical Bayes
(Smyth 2004), which says how many degrees of freedom it then has. Both parts make one t statistic
(Satterthwaite 1946).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import combinations
from typing import Final

import numpy as np
import pandas as pd
from scipy.special import digamma, polygamma
from scipy.stats import t as student

from crmlab.errors import DataError
from crmlab.maths.resampling import corrected_variance

DRAWS: Final = 20_000
"""Draws of the multivariate t behind simultaneous intervals."""

_TESTS: Final = ("error", "df", "tested", "trained", "trained_df", "p", "p_from", "p_to")
COLUMNS: Final = ("i", "j", "difference", *_TESTS, "lower", "upper", "p_adjusted")
"""difference: i - j. error: its standard error, with df degrees of freedom. p: two-sided, of this pair alone;
p_from, p_to: two Monte Carlo errors of it. lower, upper, p_adjusted: simultaneous over all pairs (max-T,
Westfall and Young 1993)."""


def shrunk(variances: np.ndarray, df: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return variances shrunk towards each other, and their degrees of freedom, both (n,).

    variances: (n,), each from df (n,) degrees of freedom; zeros (nothing varied) and those of no degree
    stay. They are taken for draws of s² = σ² χ²_df / df with 1/σ² ~ χ²_d0 / (d0 s0²); d0 and s0² are
    estimated from the mean and the variance of log s² (Smyth 2004, section 6.2). Where the variances differ
    no more than chance lets them, d0 is infinite and all become s0².
    """
    variances, df = np.asarray(variances, dtype=np.float64), np.asarray(df, dtype=np.float64)
    known, unknown = (variances > 0) & (df > 0), df <= 0
    result, result_df = variances.copy(), df.copy()
    if known.sum() < 2:
        return result, result_df
    s2, d = variances[known], df[known]
    e = np.log(s2) - digamma(d / 2) + np.log(d / 2)
    beyond = e.var(ddof=1) - polygamma(1, d / 2).mean()
    # no more degrees of freedom than all the variances were estimated from
    d0 = min(2 * _inverse_trigamma(beyond), d.sum()) if beyond > 0 else d.sum()
    s0 = np.exp(e.mean() + digamma(d0 / 2) - np.log(d0 / 2)) if beyond > 0 else np.exp(e.mean())
    result[known] = (d0 * s0 + d * s2) / (d0 + d) if beyond > 0 else s0
    result_df[known] = np.minimum(d0 + d, d.sum())
    result[unknown], result_df[unknown] = s0, d0
    return result, result_df


def cautious(variances: np.ndarray, df: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return variances shrunk towards each other, none below what was found, and their degrees of freedom.

    Methods whose training varies little outnumber those that vary much, and would draw the variance of these
    down: two tied leaders noisier than 18 others were called better in 7 to 17 %, where 5 may be.
    """
    found, found_df = shrunk(variances, df)
    return np.maximum(found, variances), found_df


def _inverse_trigamma(y: float) -> float:
    """Return x with trigamma(x) = y > 0, by Newton's method on 1 / trigamma (Smyth 2004, appendix)."""
    x = 0.5 + 1 / y
    for _ in range(50):
        trigamma = polygamma(1, x)
        step = trigamma * (1 - trigamma / y) / polygamma(2, x)
        x += step
        if abs(step) < 1e-10 * x:
            break
    return float(x)


def variance_of_fits(fits: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the variance over a column's fits and its degrees of freedom, both (k,).

    fits: (F, k), nan where one is missing. A column with fewer than two fits has no variance.
    """
    there = ~np.isnan(fits)
    count = there.sum(axis=0)
    df = np.maximum(count - 1, 0)
    mean = np.where(there, fits, 0.0).sum(axis=0) / np.maximum(count, 1)
    squares = np.where(there, (fits - mean) ** 2, 0.0).sum(axis=0)
    return squares / np.maximum(df, 1), df


def deviations(fits: np.ndarray) -> np.ndarray:
    """Return the deviations (F, k) of fits from their means, whose products add up to their covariance."""
    there = ~np.isnan(fits)
    count = np.maximum(there.sum(axis=0), 1)
    mean = np.where(there, fits, 0.0).sum(axis=0) / count
    return np.where(there, fits - mean, 0.0) / np.sqrt(np.maximum(count - 1, 1))


def from_replicates(
    estimates: np.ndarray,
    replicates: np.ndarray,
    fits: np.ndarray,
    *,
    level: float,
    rng: np.random.Generator,
    test_df: float = np.inf,
    further: np.ndarray | None = None,
) -> pd.DataFrame:
    """Return all pairs of k methods (COLUMNS) from joint bootstrap replicates and refits.

    estimates: (k,). replicates: (B, k) under the same B weightings; rows with a nan are left out. fits: (F,
    k), the value of each fit, the estimate's first and nan where a method has none. test_df: degrees of
    freedom of the test part, as the number of events behind it gives. further: (k,) variances of the
    estimates that neither shows (of random parts of the answers), independent between methods. Two methods
    that gave the same answers everywhere have the difference 0 with the interval [0, 0]. Raises DataError
    where fewer than two replicates are defined.
    """
    estimates = np.asarray(estimates, dtype=np.float64)
    defined = replicates[~np.isnan(replicates).any(axis=1)]
    if len(defined) < 2:
        raise DataError(f"{len(defined)} of {len(replicates)} bootstrap replicates are defined; 2 are needed")
    i, j = pairs(len(estimates))
    centred = defined - defined.mean(axis=0)
    tested = np.var(centred[:, i] - centred[:, j], axis=0, ddof=1)
    raw, raw_df = variance_of_fits(fits[:, i] - fits[:, j])
    trained, trained_df = cautious(_cleared(raw, estimates[i], estimates[j]), raw_df)
    more = np.zeros(len(estimates)) if further is None else np.asarray(further, dtype=np.float64)
    parts = _Parts(tested, test_df, trained + more[i] + more[j], trained_df, len(defined))
    noise = centred + _training(fits, len(centred), rng) + np.sqrt(more) * rng.standard_normal(centred.shape)
    return _judged(estimates, parts, noise, level, rng)


def retested(frame: pd.DataFrame, tested: np.ndarray, *, test_df: float, replicates: int) -> pd.DataFrame:
    """Return rows of pairs with the error and the test that more replicates give.

    tested: the variance over the test customers of each row, from so many replicates.
    """
    parts = _Parts(tested, test_df, frame["trained"].to_numpy(), frame["trained_df"].to_numpy(), replicates)
    return frame.assign(**parts.tests(frame["difference"].to_numpy()))


@dataclass(frozen=True)
class _Parts:
    """The two parts of each pair's variance, with their degrees of freedom; replicates: behind the first."""

    tested: np.ndarray
    test_df: float
    trained: np.ndarray
    trained_df: np.ndarray
    replicates: float

    def tests(self, difference: np.ndarray) -> dict[str, np.ndarray]:
        """Return the columns of each pair alone: error, df, p, and two Monte Carlo errors of p."""
        variance = self.tested + self.trained
        df = satterthwaite((self.tested, self.test_df), (self.trained, self.trained_df))
        error = np.sqrt(variance)
        t = np.divide(np.abs(difference), error, out=np.where(difference == 0, 0.0, np.inf), where=error > 0)
        share = np.divide(self.tested, variance, out=np.zeros_like(variance), where=variance > 0)
        # an estimated standard error has the relative standard error 1 / sqrt(2 B)
        slack = 2 * share / np.sqrt(2 * self.replicates)
        p, p_from, p_to = (2 * student.sf(t * (1 + s), df) for s in (0.0, slack, -slack))
        columns = {"error": error, "df": df, "tested": self.tested, "trained": self.trained}
        return columns | {"trained_df": self.trained_df, "p": p, "p_from": p_from, "p_to": p_to}


def from_folds(
    values: np.ndarray, *, test_share: float, level: float, rng: np.random.Generator
) -> pd.DataFrame:
    """Return all pairs of k methods (COLUMNS) from cross-validation folds (F, k).

    test_share: n_test / n_train. Corrected resampled t (Nadeau and Bengio 2003) with F − 1 degrees of
    freedom. Folds where a method has no value are left out. Raises DataError where fewer than two folds are
    complete.
    """
    complete = values[~np.isnan(values).any(axis=1)]
    folds = len(complete)
    if folds < 2:
        raise DataError(f"{folds} of {len(values)} folds have a value for every method; 2 are needed")
    i, j = pairs(values.shape[1])
    variance = corrected_variance(complete[:, i] - complete[:, j], test_share=test_share)
    deviations = complete - complete.mean(axis=0)
    # normal combinations of the deviations have exactly the folds' covariance, of whatever rank
    scale = np.sqrt((1 / folds + test_share) / (folds - 1))
    noise = rng.standard_normal((DRAWS, folds)) @ deviations * scale
    none = np.zeros(len(variance))
    parts = _Parts(none, np.inf, variance, np.full(len(variance), folds - 1.0), np.inf)
    return _judged(complete.mean(axis=0), parts, noise, level, rng)


def pairs(methods: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the first and the second index of all pairs."""
    found = list(combinations(range(methods), 2))
    return np.array([a for a, _ in found], dtype=int), np.array([b for _, b in found], dtype=int)


def satterthwaite(*parts: tuple[np.ndarray, np.ndarray | float]) -> np.ndarray:
    """Return the degrees of freedom of a sum of independent variances (Satterthwaite 1946).

    parts: (variance, degrees of freedom) of each. Infinity where nothing but known variances add up.
    """
    total = sum(variance for variance, _ in parts)
    below = sum(
        np.divide(variance**2, df, out=np.zeros_like(np.asarray(variance, float)), where=np.asarray(df) > 0)
        for variance, df in parts
    )
    return np.divide(total**2, below, out=np.full_like(np.asarray(total, float), np.inf), where=below > 0)


def _cleared(variance: np.ndarray, a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Return variances without those that rounding alone has left."""
    return np.where(np.sqrt(variance) <= 1e-12 * np.maximum(np.abs(a), np.abs(b)), 0.0, variance)


def _training(fits: np.ndarray, draws: int, rng: np.random.Generator) -> np.ndarray:
    """Draw what training varies, (draws, k), with the covariance of the fits; 0 for a method without any."""
    return rng.standard_normal((draws, len(fits))) @ deviations(fits)


def _judged(
    estimates: np.ndarray, parts: _Parts, noise: np.ndarray, level: float, rng: np.random.Generator
) -> pd.DataFrame:
    """Return all pairs with their errors, tests and simultaneous intervals.

    noise: (B, k) draws around 0 with the methods' covariance.
    """
    i, j = pairs(len(estimates))
    difference = estimates[i] - estimates[j]
    # differences of equal columns leave rounding errors
    tested, trained = (_cleared(v, estimates[i], estimates[j]) for v in (parts.tested, parts.trained))
    same = (tested + trained == 0) & (np.abs(difference) <= 1e-12 * np.abs(estimates[i]))
    difference = np.where(same, 0.0, difference)
    tests = replace(parts, tested=tested, trained=trained).tests(difference)
    error = tests["error"]
    statistic = _studentised(difference, error)
    largest = _largest(noise, i, j, tests["df"], rng)
    half = np.quantile(largest, level) * error
    exceeded = len(largest) - np.searchsorted(np.sort(largest), statistic, side="left")
    found = {"i": i, "j": j, "difference": difference, **tests}
    found |= {"lower": difference - half, "upper": difference + half}
    return pd.DataFrame(found | {"p_adjusted": (1 + exceeded) / (1 + len(largest))})[list(COLUMNS)]


def _studentised(difference: np.ndarray, error: np.ndarray) -> np.ndarray:
    """Return |difference| / error; without any error 0 where they are equal, else infinity."""
    return np.divide(np.abs(difference), error, out=np.where(difference == 0, 0.0, np.inf), where=error > 0)


def _largest(
    noise: np.ndarray, i: np.ndarray, j: np.ndarray, df: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    """Return the largest studentised difference of each draw, (B,), with the tails of a t."""
    typical = float(np.median(df)) if len(df) else np.inf
    tails = np.sqrt(typical / rng.chisquare(typical, len(noise))) if np.isfinite(typical) else 1.0
    largest = np.zeros(len(noise))
    for a, b in zip(i, j, strict=True):
        drawn = noise[:, a] - noise[:, b]
        spread = drawn.std(ddof=1)
        if spread > 1e-15:
            np.maximum(largest, np.abs(drawn) / spread, out=largest)
    return largest * tails


def widened(
    value: float, interval: tuple[float, float], *, variance: float, df: float, level: float, test_df: float
) -> tuple[float, float]:
    """Return an interval over the test customers, widened by what training varies.

    Each side's two lengths add in squares (MOVER, Zou and Donner 2008), so that the skew of the first stays.
    variance, df: of the estimate over fits. test_df: degrees of freedom of the first, as its number of events
    gives; with few its length grows as a t's does over a normal's.
    """
    q = (1 + level) / 2
    longer = student.ppf(q, test_df) / student.ppf(q, np.inf)
    further = student.ppf(q, df) * np.sqrt(variance) if variance > 0 else 0.0
    lower, upper = interval
    return value - float(np.hypot(longer * (value - lower), further)), value + float(
        np.hypot(longer * (upper - value), further)
    )


# --- what a difference means ----------------------------------------------------------------------
def is_equivalent(difference: float, error: float, df: float, margin: float, *, alpha: float = 0.05) -> bool:
    """Return whether a difference lies within ±margin: two one-sided t tests at alpha each (Schuirmann)."""
    return bool(abs(difference) + student.ppf(1 - alpha, df) * error < margin)


def times_as_many(difference: float, error: float, df: float, margin: float, *, alpha: float) -> float:
    """Return how many times as many customers would decide, if the difference stayed as it is.

    What decides is whichever needs fewer: that it excludes zero, or that it lies within the margin.
    """
    different = student.ppf(1 - alpha / 2, df) * error / max(abs(difference), 1e-300)
    room = margin - abs(difference)
    within = student.ppf(0.95, df) * error / room if room > 0 else np.inf
    return float(min(different, within) ** 2)
