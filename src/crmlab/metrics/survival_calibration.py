"""Calibration of survival at the horizon: whether, of those given 30 % to leave by then, 30 % do."""

import numpy as np

from crmlab.declare.metric import metric
from crmlab.kinds.survival import CURVE
from crmlab.maths import calibration, survival_scores
from crmlab.metrics._censored import grid, observed, one_curve


def constant(solution):
    """Return what the Kaplan-Meier curve of the solution as everyone's answer earns."""
    alone = np.ones((1, len(solution)))
    return float(_error(solution, 1 - one_curve(solution)[:, -1], alone)[0])


def replicates(solution, answers, rows, weights):
    """Return the metric under bootstrap weightings (see `calibration.replicates_of_error`), (B,)."""
    at_horizon = answers[CURVE[-1]].to_numpy(dtype=np.float64)
    gone, risk, counted = _known(solution, 1 - at_horizon, np.asarray(weights))
    usual = _known(solution, 1 - at_horizon, np.ones((1, len(answers))))[2][0]
    return calibration.replicates_of_error(gone, risk, counted, usual=usual)


@metric(
    label="Calibration error at the horizon",
    range=(0.0, 1.0),
    best=0.0,
    # one curve for all is perfectly calibrated: this metric knows no ranking
    chance=constant,
    cite="Gerds, Andersen and Kattan 2014; debiased: Bröcker 2012",
    reads=CURVE[-1:],
    replicates=replicates,
)
def survival_calibration(solution, answers, rows, weights):
    """Return the mean squared gap between 1 − S(horizon) and the share that left, over ten bins, (B,).

    Bins of equal mass, debiased as the squared calibration error is. A row that was not followed to the
    horizon counts nothing, and those that were count for it, by the censoring of the same test rows under
    the same weights; what is taken off for noise is exact where all were followed. nan for weights of 0.
    """
    at_horizon = answers[CURVE[-1]].to_numpy(dtype=np.float64)
    return _error(solution, 1 - at_horizon, np.asarray(weights))


def _error(solution, risk, weights):
    """Return the error of risks to have left by the horizon, (n,), under weights (B, n), (B,)."""
    return calibration.squared_error(*_known(solution, risk, weights))


def _known(solution, risk, weights):
    """Return outcome (k,) and risk (k,) of the rows known at the horizon, and their weights (B, k)."""
    duration, event = observed(solution)
    gone, stays = survival_scores.known_at(duration, event, grid(solution)[-1:])
    gone, known = gone[:, 0], (gone | stays)[:, 0]
    counted = survival_scores.known_weights(duration, event, weights, known)
    return gone[known].astype(np.float64), risk[known], counted
