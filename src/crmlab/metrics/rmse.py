"""Root mean squared error: what the largest misses cost, in money."""

import numpy as np

from crmlab.metrics._spend import REVENUE, column, realised
from crmlab.metrics._weighting import mean
from crmlab.registry import metric


def constant(solution):
    """Return what the mean value as everyone's prediction earns."""
    return float(np.std(realised(solution)))


@metric(
    label="Root mean squared error",
    range=(0.0, float("inf")),
    best=0.0,
    chance=constant,
    unit=REVENUE,
    cite="Gauss 1809",
    needs=("score", "upper"),
)
def rmse(solution, answers, rows, weights):
    """Return the root of the mean (score − value)², (B,). The expected value is its best answer."""
    return np.sqrt(mean((column(answers, "score") - realised(solution)) ** 2, weights))
