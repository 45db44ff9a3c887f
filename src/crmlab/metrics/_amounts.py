"""Errors of predicted amounts, of money or of purchases: what the metrics of both share."""

import numpy as np

from crmlab.maths import ranking
from crmlab.metrics._weighting import mean


def root_mean_square(actual, expected, weights):
    """Return the root of the mean (expected − actual)² of amounts (n,) under weights (B, n), (B,)."""
    return np.sqrt(mean((expected - actual) ** 2, weights))


def mean_squared_log(actual, expected, weights):
    """Return the mean (log(1 + expected) − log(1 + actual))², (B,); less than 0 expected counts as 0."""
    return mean((np.log1p(np.maximum(expected, 0.0)) - np.log1p(actual)) ** 2, weights)


def relative_bias(actual, expected, weights):
    """Return the summed expectation over the summed amount, less 1, (B,); nan where the sum is 0.

    It keeps its sign: above 0 too much is promised.
    """
    total, gap = weights @ actual, weights @ (expected - actual)
    return np.divide(gap, total, out=np.full(len(weights), np.nan), where=total > 0)


def of_mean(error, actual):
    """Return the error of the mean amount as everyone's prediction."""
    return float(error(actual, np.full(len(actual), actual.mean()), np.ones((1, len(actual))))[0])


def captured(actual, expected, weights, *, share):
    """Return the part of the amount (n,) that the top `share` of customers by expectation makes, (B,)."""
    return share * ranking.top_share_lift(actual, expected, weights, share=share)


def captured_at_random(solution, *, share):
    """Return what customers in a random order make of the amount: as large a part as they are."""
    return share
