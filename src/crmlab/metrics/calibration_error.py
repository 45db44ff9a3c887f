"""Calibration error: how far probabilities and rates lie apart, in ten bins of equal mass."""

import numpy as np

from crmlab.maths.ranking import Ranking, along
from crmlab.registry import metric

BINS = 10


@metric(
    label="Expected calibration error",
    range=(0.0, 1.0),
    best=0.0,
    # the base rate as everyone's probability is perfectly calibrated: this metric knows no ranking
    chance=0.0,
    cite="Naeini, Cooper and Hauskrecht 2015; equal-mass bins: Nixon et al. 2019",
)
def calibration_error(solution, answers, rows, weights):
    """Return the mean absolute gap between mean score and rate over ten bins, (B,).

    The bins are tenths of the weighted rows in the order of the scores, cut anew for each
    weighting; a tie group that a border cuts goes to both sides in proportion. Estimates are biased
    upward (noise in a bin's rate is a gap). nan where a score is no probability.
    """
    score = answers["score"].to_numpy(dtype=np.float64)
    values = np.full(len(weights), np.nan)
    if not ((score >= 0) & (score <= 1)).all():
        return values
    ranked = Ranking(solution["outcome"].to_numpy(), score)
    for these, positive, negative in ranked.masses(weights):
        mass = positive + negative
        gap = np.cumsum(positive - mass * ranked.scores, axis=1)
        running = np.cumsum(mass, axis=1)
        borders = running[:, -1:] * np.linspace(0, 1, BINS + 1)
        between = np.abs(np.diff(along(running, gap, borders), axis=1)).sum(axis=1)
        total = running[:, -1]
        values[these] = np.divide(between, total, out=np.full(len(total), np.nan), where=total > 0)
    return values
