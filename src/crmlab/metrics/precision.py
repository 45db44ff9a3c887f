"""Precision: which share of the list was bought."""

from typing import Annotated

from crmlab.declare.metric import metric
from crmlab.declare.parameters import Range
from crmlab.metrics import _lists


@metric(
    label="Precision at {k}",
    range=(0.0, 1.0),
    best=1.0,
    chance=None,
    cite="Herlocker et al. 2004",
    reads=_lists.READS,
)
def precision(solution, answers, rows, weights, *, k: Annotated[int, Range(1, 20)] = 10):
    """Return the mean over those who bought of hits / k, (B,); an empty place was not bought.

    k: so many places of the list count.
    """
    marks, _ = _lists.hits(solution, answers, k)
    return _lists.over_buyers(marks.sum(axis=1) / k, solution, weights)
