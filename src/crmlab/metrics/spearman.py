"""Spearman: whether customers stand in the order of what they spend, zeros and all."""

from crmlab.declare.metric import metric
from crmlab.maths import value
from crmlab.metrics._spend import column, realised


@metric(
    label="Spearman correlation",
    range=(-1.0, 1.0),
    best=1.0,
    chance=0.0,
    cite="Spearman 1904",
)
def spearman(solution, answers, rows, weights):
    """Return the correlation of mid-ranks, (B,); nan where all values are the same."""
    return value.spearman(realised(solution), column(answers, "score"), weights)
