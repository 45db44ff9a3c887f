"""Recalibrated error: the calibration error left after recalibrating on held-out train rows."""

import numpy as np

from crmlab.declare.metric import metric
from crmlab.maths import calibration


def constant(solution):
    """Return what the base rate as everyone's probability earns."""
    return calibration.error_of_constant(solution["outcome"])


def replicates(solution, answers, rows, weights, *, inner):
    """Return the metric under bootstrap weightings (see `calibration.replicates_of_error`), (B,)."""
    if inner is None:
        return np.full(len(weights), np.nan)
    score = _mapped(answers, inner)
    return calibration.replicates_of_error(solution["outcome"].to_numpy(), score, weights)


@metric(
    label="Squared calibration error after recalibration",
    range=(-1.0, 1.0),
    best=0.0,
    chance=constant,
    cite="Zadrozny and Elkan 2002 on the map; Bröcker 2012 on the bias",
    replicates=replicates,
)
def recalibrated_error(solution, answers, rows, weights, *, inner):
    """Return the debiased squared calibration error of recalibrated scores, (B,); nan without `inner`.

    The isotonic map from score to rate is fitted on the inner hold-out of the train rows alone, so
    that scores which are no probabilities (a rule's) have a value too. Near 0: what is left is
    sampling noise, and may fall below. Far from 0: the rates moved between then and the test.
    inner: frame (outcome, score) or None.
    """
    if inner is None:
        return np.full(len(weights), np.nan)
    score = _mapped(answers, inner)
    return calibration.squared_error(solution["outcome"].to_numpy(), score, weights)


def _mapped(answers, inner):
    """Return the recalibrated scores, (n,)."""
    return calibration.recalibrated(
        answers["score"].to_numpy(dtype=np.float64),
        known_outcome=inner["outcome"].to_numpy(),
        known_score=inner["score"].to_numpy(dtype=np.float64),
    )
