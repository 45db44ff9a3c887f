"""Capture of purchases: the share of all purchases that the tenth with the most expected makes."""

from crmlab.maths import ranking
from crmlab.metrics._purchases import EXPECTED, judged
from crmlab.registry import metric

SHARE = 0.1


def captured(counted, expected, weights):
    """Return the share of purchase days (n,) that the top SHARE by expectation makes, (B,)."""
    return SHARE * ranking.top_share_lift(counted, expected, weights, share=SHARE)


@metric(
    label="Purchases captured by the top 10 %",
    range=(0.0, 1.0),
    best=1.0,
    chance=SHARE,
    cite="Malthouse and Blattberg 2005",
    needs=(EXPECTED,),
)
def purchases_capture_10(solution, answers, rows, weights):
    """Return the captured share of purchases, (B,); ties at the border count in proportion.

    nan where nobody bought. The best end is reached where no more than a tenth buys at all.
    """
    return judged(captured, solution, answers, weights)
