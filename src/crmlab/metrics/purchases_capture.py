"""Capture of purchases: the share of all purchases that the customers with the most expected make."""

from functools import partial
from typing import Annotated

from crmlab.declare.metric import metric
from crmlab.declare.parameters import Range
from crmlab.metrics import _amounts
from crmlab.metrics._purchases import EXPECTED, judged


@metric(
    label="Purchases captured by the top {share} %",
    range=(0.0, 1.0),
    best=1.0,
    chance=_amounts.captured_at_random,
    cite="Malthouse and Blattberg 2005",
    reads=(EXPECTED,),
)
def purchases_capture(
    solution, answers, rows, weights, *, share: Annotated[float, Range(above=0, below=1)] = 0.1
):
    """Return the captured share of purchases, (B,); ties at the border count in proportion.

    share: of the customers, most expected purchases first. nan where nobody bought. The best end is reached
    where no more than that share buys at all.
    """
    return judged(partial(_amounts.captured, share=share), solution, answers, weights)
