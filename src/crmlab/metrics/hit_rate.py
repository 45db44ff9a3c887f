"""Hit rate: how many customers bought anything from their list."""

from typing import Annotated

from crmlab.declare.metric import metric
from crmlab.declare.parameters import Range
from crmlab.metrics import _lists


@metric(
    label="Hit rate at {k}",
    range=(0.0, 1.0),
    best=1.0,
    chance=None,
    cite="Deshpande and Karypis 2004",
    reads=_lists.READS,
)
def hit_rate(solution, answers, rows, weights, *, k: Annotated[int, Range(1, 20)] = 10):
    """Return the share of those who bought who bought an item of the list, (B,).

    k: so many places of the list count.
    """
    marks, _ = _lists.hits(solution, answers, k)
    return _lists.over_buyers(marks.max(axis=1), solution, weights)
