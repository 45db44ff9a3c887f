"""Log loss: minus the mean log probability that was given to what happened."""

import numpy as np
from scipy.special import entr

from crmlab.declare.metric import metric
from crmlab.metrics._weighting import mean

EDGE = np.finfo(np.float64).eps
"""Probabilities are pulled this far in from 0 and 1: one certain mistake costs 36, not everything."""


def constant(solution):
    """Return what the base rate as everyone's probability earns: the entropy of the outcome."""
    rate = float(solution["outcome"].mean())
    return float(entr(rate) + entr(1 - rate))


@metric(label="Log loss", range=(0.0, float("inf")), best=0.0, chance=constant, unit="nats", cite="Good 1952")
def log_loss(solution, answers, rows, weights):
    """Return minus the mean log probability of the outcomes, (B,); nan where a score is no probability."""
    score = answers["score"].to_numpy(dtype=np.float64)
    if not ((score >= 0) & (score <= 1)).all():
        return np.full(len(weights), np.nan)
    given = np.clip(score, EDGE, 1 - EDGE)
    happened = solution["outcome"].to_numpy() == 1
    return mean(-np.log(np.where(happened, given, 1 - given)), weights)
