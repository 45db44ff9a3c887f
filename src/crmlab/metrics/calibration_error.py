"""Calibration error: how far probabilities and rates lie apart, in ten bins of equal mass."""

import numpy as np

from crmlab.maths.ranking import Ranking, along
from crmlab.registry import metric

BINS = 10


def constant(solution):
    """Return the value of the base rate as everyone's probability: no gap, less the noise taken off."""
    rate = solution["outcome"].mean()
    return float(-rate * (1 - rate) * BINS / len(solution))


@metric(
    label="Squared calibration error",
    range=(0.0, 1.0),
    best=0.0,
    # the base rate as everyone's probability is perfectly calibrated: this metric knows no ranking
    chance=constant,
    cite="Bröcker 2012 and Kumar, Liang and Ma 2019 on the bias; equal-mass bins: Nixon et al. 2019",
)
def calibration_error(solution, answers, rows, weights):
    """Return the mean squared gap between mean score and rate over ten bins, debiased, (B,).

    Noise in a bin's rate is a gap too. What a calibrated score would show, the mean of
    score (1 - score) / n in a bin of mass n, is taken off: such a score earns 0 on average, and may
    fall below. The bins are tenths of the weighted rows in the order of the scores, cut anew for
    each weighting; a tie group that a border cuts goes to both sides in proportion. nan where a
    score is no probability.
    """
    score = answers["score"].to_numpy(dtype=np.float64)
    values = np.full(len(weights), np.nan)
    if not ((score >= 0) & (score <= 1)).all():
        return values
    ranked = Ranking(solution["outcome"].to_numpy(), score)
    for these, positive, negative in ranked.masses(weights):
        mass = positive + negative
        running = np.cumsum(mass, axis=1)
        total = running[:, -1:]
        borders = total * np.linspace(0, 1, BINS + 1)
        gap = _in_bins(positive - mass * ranked.scores, running, borders)
        noise = _in_bins(mass * ranked.scores * (1 - ranked.scores), running, borders)
        inside = np.where(total > 0, total / BINS, np.nan)
        values[these] = ((gap**2 - noise) / inside**2).mean(axis=1)
    return values


def _in_bins(amount, running, borders):
    """Return what lies between the borders, (b, BINS), of an amount per tie group (b, g)."""
    return np.diff(along(running, np.cumsum(amount, axis=1), borders), axis=1)
