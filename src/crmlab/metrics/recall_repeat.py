"""Recall among the items that the customer had bought before."""

from typing import Annotated

from crmlab.declare.metric import metric
from crmlab.declare.parameters import Range
from crmlab.maths.next_basket.texts import REPEAT
from crmlab.metrics import _lists


@metric(
    label="Recall at {k}, repeats",
    range=(0.0, 1.0),
    best=1.0,
    chance=None,
    cite="Li et al. 2023",
    reads=_lists.READS,
)
def recall_repeat(solution, answers, rows, weights, *, k: Annotated[int, Range(1, 20)] = 10):
    """Return the recall within this part of the baskets, (B,); nan where nobody bought any of it.

    A customer counts by the share of the basket that belongs to the part: the parts, weighted by the mean of
    these shares, add up to the recall exactly. k: so many places of the list count.
    """
    return _lists.part_recall(solution, answers, weights, k, REPEAT)
