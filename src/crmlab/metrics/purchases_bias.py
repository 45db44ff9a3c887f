"""Bias of purchases: whether the expectations sum to the purchases that came."""

from crmlab.declare.metric import metric
from crmlab.metrics import _amounts
from crmlab.metrics._purchases import EXPECTED, judged


@metric(
    label="Bias of purchases",
    range=(-1.0, float("inf")),
    best=0.0,
    # the mean count as everyone's expectation has the right sum: this metric knows no ranking
    chance=0.0,
    unit="share of the total",
    cite="Wübben and von Wangenheim 2008",
    reads=(EXPECTED,),
)
def purchases_bias(solution, answers, rows, weights):
    """Return the expected over the counted purchase days, less 1, (B,); nan where nobody bought.

    It keeps its sign: above 0 too much is promised.
    """
    return judged(_amounts.relative_bias, solution, answers, weights)
