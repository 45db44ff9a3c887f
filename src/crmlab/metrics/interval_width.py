"""Interval width: how much money lies between the ends of a customer's 80 % interval."""

from crmlab.declare.metric import metric
from crmlab.metrics._spend import column
from crmlab.metrics._weighting import mean
from crmlab.vocabulary import REVENUE


@metric(
    label="Width of the 80 % interval",
    range=(0.0, float("inf")),
    best=0.0,
    # depends on what the interval is made of
    chance=None,
    unit=REVENUE,
    cite="Gneiting and Raftery 2007",
    reads=("lower", "upper"),
)
def interval_width(solution, answers, rows, weights):
    """Return the mean of upper − lower, (B,): of two that cover alike, the narrower knows more."""
    return mean(column(answers, "upper") - column(answers, "lower"), weights)
