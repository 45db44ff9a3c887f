"""Normalised Gini: how much of the money stands at the front of the list, of what could."""

from crmlab.declare.metric import metric
from crmlab.maths import value
from crmlab.metrics._spend import column, realised


@metric(
    label="Normalised Gini",
    range=(-1.0, 1.0),
    best=1.0,
    chance=0.0,
    cite="Frees, Meyers and Cummings 2011; Wang, Liu and Miao 2019",
)
def normalised_gini(solution, answers, rows, weights):
    """Return the area of the value gains curve over a random order, over the perfect one's, (B,).

    Ties count as a random order; nan where all values are the same.
    """
    return value.normalised_gini(realised(solution), column(answers, "score"), weights)
