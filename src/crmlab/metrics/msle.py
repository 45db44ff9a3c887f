"""Mean squared logarithmic error: misses in proportion, so that large customers do not rule."""

import numpy as np

from crmlab.metrics._spend import column, realised
from crmlab.metrics._weighting import mean
from crmlab.registry import metric


def constant(solution):
    """Return what the mean value as everyone's prediction earns."""
    value = realised(solution)
    return float(np.mean((np.log1p(value) - np.log1p(value.mean())) ** 2))


@metric(
    label="Mean squared log error",
    range=(0.0, float("inf")),
    best=0.0,
    chance=constant,
    cite="Vanderveld et al. 2016",
    needs=("score", "upper"),
)
def msle(solution, answers, rows, weights):
    """Return the mean (log(1 + score) − log(1 + value))², (B,); it rewards predicting too little."""
    gap = np.log1p(np.maximum(column(answers, "score"), 0.0)) - np.log1p(realised(solution))
    return mean(gap**2, weights)
