"""Calibration in the large: whether the probabilities sum to the number of 1s."""

import numpy as np

from crmlab.declare.metric import metric
from crmlab.metrics._weighting import mean


@metric(
    label="Calibration in the large",
    range=(-1.0, 1.0),
    best=0.0,
    # the base rate as everyone's probability has the right sum: this metric knows no ranking
    chance=0.0,
    cite="Cox 1958; Steyerberg 2019",
)
def calibration_in_the_large(solution, answers, rows, weights):
    """Return the mean score less the rate of 1s, (B,); nan where a score is no probability.

    It keeps its sign: above 0 the probabilities promise too many. They are right in sum where the
    interval holds 0.
    """
    score = answers["score"].to_numpy(dtype=np.float64)
    if not ((score >= 0) & (score <= 1)).all():
        return np.full(len(weights), np.nan)
    return mean(score - solution["outcome"].to_numpy(), weights)
