"""Mean absolute error: by how much a prediction misses on average, in money."""

import numpy as np

from crmlab.declare.metric import metric
from crmlab.metrics._spend import column, realised
from crmlab.metrics._weighting import mean
from crmlab.vocabulary import REVENUE


def constant(solution):
    """Return what the mean value as everyone's prediction earns."""
    value = realised(solution)
    return float(np.mean(np.abs(value - value.mean())))


@metric(
    label="Mean absolute error",
    range=(0.0, float("inf")),
    best=0.0,
    chance=constant,
    unit=REVENUE,
    cite="Laplace 1774",
)
def mae(solution, answers, rows, weights):
    """Return the mean |score − value|, (B,).

    Its best answer is the median: where most customers spend nothing, predicting 0 for everyone does
    well by it.
    """
    return mean(np.abs(column(answers, "score") - realised(solution)), weights)
