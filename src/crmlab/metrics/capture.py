"""Capture: the share of all spend that the customers with the highest predictions make."""

from typing import Annotated

from crmlab.declare.metric import metric
from crmlab.declare.parameters import Range
from crmlab.metrics import _amounts
from crmlab.metrics._spend import column, realised


@metric(
    label="Value captured by the top {share} %",
    range=(0.0, 1.0),
    best=1.0,
    chance=_amounts.captured_at_random,
    cite="Malthouse and Blattberg 2005",
)
def capture(solution, answers, rows, weights, *, share: Annotated[float, Range(above=0, below=1)] = 0.1):
    """Return the captured share of value, (B,); ties at the border count in proportion.

    share: of the customers, highest predictions first. nan where nothing was spent. The best end is reached
    where no more than that share spends at all.
    """
    return _amounts.captured(realised(solution), column(answers, "score"), weights, share=share)
