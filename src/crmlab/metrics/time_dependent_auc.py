"""Time-dependent AUC: at each time, whether who has left was told apart from who is still there."""

import numpy as np

from crmlab.declare.metric import metric
from crmlab.kinds.survival import CURVE
from crmlab.maths import survival_scores
from crmlab.metrics._censored import curves, grid, observed


@metric(
    label="Time-dependent AUC",
    range=(0.0, 1.0),
    best=1.0,
    chance=0.5,
    cite="Heagerty, Lumley and Pepe 2000; Uno et al. 2007; mean: Lambert and Chevret 2016",
    reads=CURVE,
)
def time_dependent_auc(solution, answers, rows, weights):
    """Return the AUC of 1 − S(t) for having left by t, averaged by how many leave up to each time, (B,).

    At twelve times, the last of which is the horizon. Times at which nobody has left, or everybody has, are
    left out; nan where there is no other. Cases count by the censoring of the same test rows.
    """
    return survival_scores.mean_auc(*observed(solution), curves(answers), grid(solution), np.asarray(weights))
