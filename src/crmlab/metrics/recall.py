"""Recall: which share of what a customer bought stood on the list."""

from typing import Annotated

from crmlab.declare.metric import metric
from crmlab.declare.parameters import Range
from crmlab.metrics import _lists


@metric(
    label="Recall at {k}",
    range=(0.0, 1.0),
    best=1.0,
    chance=None,
    cite="Hu, He, Gao and Zhang 2020",
    reads=_lists.READS,
)
def recall(solution, answers, rows, weights, *, k: Annotated[int, Range(1, 20)] = 10):
    """Return the mean over those who bought of hits / items bought, (B,); nan where nobody bought.

    k: so many places of the list count.
    """
    marks, size = _lists.hits(solution, answers, k)
    return _lists.over_buyers(marks.sum(axis=1) / size, solution, weights)
