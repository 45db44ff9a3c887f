"""Calibration error: how far probabilities and rates lie apart, in ten bins of equal mass."""

import numpy as np

from crmlab.declare.metric import metric
from crmlab.maths import calibration


def constant(solution):
    """Return what the base rate as everyone's probability earns."""
    return calibration.error_of_constant(solution["outcome"])


def replicates(solution, answers, rows, weights):
    """Return the metric under bootstrap weightings (see `calibration.replicates_of_error`), (B,)."""
    score = answers["score"].to_numpy(dtype=np.float64)
    if not ((score >= 0) & (score <= 1)).all():
        return np.full(len(weights), np.nan)
    return calibration.replicates_of_error(solution["outcome"].to_numpy(), score, weights)


@metric(
    label="Squared calibration error",
    range=(0.0, 1.0),
    best=0.0,
    # the base rate as everyone's probability is perfectly calibrated: this metric knows no ranking
    chance=constant,
    cite="Bröcker 2012 and Kumar, Liang and Ma 2019 on the bias; equal-mass bins: Nixon et al. 2019",
    replicates=replicates,
)
def calibration_error(solution, answers, rows, weights):
    """Return the mean squared gap between mean score and rate over ten bins, debiased, (B,).

    Noise in a bin's rate is a gap too. What a calibrated score would show is taken off: such a score
    earns 0 on average, and may fall below. nan where a score is no probability.
    """
    score = answers["score"].to_numpy(dtype=np.float64)
    if not ((score >= 0) & (score <= 1)).all():
        return np.full(len(weights), np.nan)
    return calibration.squared_error(solution["outcome"].to_numpy(), score, weights)
