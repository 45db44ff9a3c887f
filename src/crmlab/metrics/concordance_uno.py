"""Uno's concordance: the chance that who leaves sooner was given the higher risk."""

import numpy as np

from crmlab.declare.metric import metric
from crmlab.maths import survival_scores
from crmlab.metrics._censored import observed


@metric(
    label="Concordance (Uno)",
    range=(0.0, 1.0),
    best=1.0,
    chance=0.5,
    cite="Uno, Cai, Pencina, D'Agostino and Wei 2011",
)
def concordance_uno(solution, answers, rows, weights):
    """Return the concordance of the score with the durations within the horizon, (B,).

    Ties of the score count one half; nan where no two rows can be compared. Rows that were followed for
    too short a time are made up for by the censoring of the same test rows under the same weights.
    """
    duration, event = observed(solution)
    return survival_scores.concordance(
        duration, event, answers["score"].to_numpy(dtype=np.float64), np.asarray(weights)
    )
