"""Brier score: the mean squared error of the probabilities."""

import numpy as np

from crmlab.declare.metric import metric
from crmlab.metrics._weighting import mean


def constant(solution):
    """Return what the base rate as everyone's probability earns."""
    rate = float(solution["outcome"].mean())
    return rate * (1 - rate)


@metric(label="Brier score", range=(0.0, 1.0), best=0.0, chance=constant, cite="Brier 1950")
def brier(solution, answers, rows, weights):
    """Return the mean of (score − outcome)², (B,); nan where a score is no probability."""
    score = answers["score"].to_numpy(dtype=np.float64)
    if not ((score >= 0) & (score <= 1)).all():
        return np.full(len(weights), np.nan)
    return mean((score - solution["outcome"].to_numpy()) ** 2, weights)
