"""Integrated Brier score: the mean squared error of a survival curve, over the horizon."""

import numpy as np

from crmlab.declare.metric import metric
from crmlab.kinds.survival import CURVE
from crmlab.maths import survival_scores
from crmlab.metrics._censored import curves, grid, observed, one_curve


def constant(solution):
    """Return what the Kaplan-Meier curve of the solution as everyone's answer earns."""
    alone = np.ones((1, len(solution)))
    return float(
        survival_scores.integrated_brier(*observed(solution), one_curve(solution), grid(solution), alone)[0]
    )


@metric(
    label="Integrated Brier score",
    range=(0.0, 1.0),
    best=0.0,
    chance=constant,
    cite="Graf, Schmoor, Sauerbrei and Schumacher 1999",
    reads=CURVE,
)
def integrated_brier(solution, answers, rows, weights):
    """Return the Brier score of S, averaged from a twelfth of the horizon to its end, (B,).

    nan for weights of 0. Rows that were followed for too short a time are made up for by the censoring of
    the same test rows under the same weights.
    """
    return survival_scores.integrated_brier(
        *observed(solution), curves(answers), grid(solution), np.asarray(weights)
    )
