"""Spearman of purchases: whether customers stand in the order of how often they buy, zeros and all."""

from crmlab.declare.metric import metric
from crmlab.maths import value
from crmlab.metrics._purchases import EXPECTED, judged


@metric(
    label="Spearman correlation of purchases",
    range=(-1.0, 1.0),
    best=1.0,
    chance=0.0,
    cite="Spearman 1904",
    reads=(EXPECTED,),
)
def purchases_spearman(solution, answers, rows, weights):
    """Return the correlation of mid-ranks, (B,); nan where all counts are the same.

    Expectations hardly tie and counts do: with many who buy nothing its best end is out of reach.
    """
    return judged(value.spearman, solution, answers, weights)
