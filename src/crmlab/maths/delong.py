"""DeLong's covariance of areas under correlated ROC curves, and the test of two of them.

DeLong, DeLong and Clarke-Pearson 1988, by midranks as in Sun and Xu 2014: O(n log n) per score.
No comparison uses it: it is a cross-check of the bootstrap's intervals.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.stats import norm, rankdata

from crmlab.errors import DataError


class Comparison(NamedTuple):
    """A test of two areas: their difference (first − second), its standard error, Z and p."""

    difference: float
    standard_error: float
    z: float
    p: float


def areas(outcome: np.ndarray, scores: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the k areas (k,) and their covariance (k, k).

    outcome: (n,) of 0 and 1. scores: (n, k), one column per method.
    Raises DataError where a class has fewer than two rows: the variance is not defined.
    """
    outcome = np.asarray(outcome).astype(bool)
    scores = np.asarray(scores, dtype=np.float64).reshape(len(outcome), -1)
    ones, zeros = scores[outcome], scores[~outcome]
    m, n = len(ones), len(zeros)
    if min(m, n) < 2:
        raise DataError(f"DeLong's variance needs two rows of each class; there are {m} ones and {n} zeros")
    together = rankdata(np.concatenate([ones, zeros]), axis=0)
    # for each 1 the share of zeros below it, for each 0 the share of ones above it
    above = (together[:m] - rankdata(ones, axis=0)) / n
    below = 1 - (together[m:] - rankdata(zeros, axis=0)) / m
    covariance = np.cov(above, rowvar=False) / m + np.cov(below, rowvar=False) / n
    return above.mean(axis=0), np.atleast_2d(covariance)


def compare(outcome: np.ndarray, first: np.ndarray, second: np.ndarray) -> Comparison:
    """Test whether two scores (n,) of the same rows have equal areas, two-sided.

    Scores that rank alike have the difference 0, Z 0 and p 1.
    """
    area, covariance = areas(outcome, np.column_stack([first, second]))
    difference = float(area[0] - area[1])
    error = float(np.sqrt(max(covariance[0, 0] + covariance[1, 1] - 2 * covariance[0, 1], 0.0)))
    if error == 0:
        return Comparison(difference, 0.0, *((0.0, 1.0) if difference == 0 else (np.inf, 0.0)))
    z = difference / error
    return Comparison(difference, error, z, float(2 * norm.sf(abs(z))))
