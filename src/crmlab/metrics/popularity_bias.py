"""Popularity bias: how popular the items of the lists are on average."""

from typing import Annotated

from crmlab.declare.metric import metric
from crmlab.declare.parameters import Range
from crmlab.kinds.recommendation import BUYERS
from crmlab.metrics import _lists


@metric(
    label="Popularity of what is shown at {k}",
    range=(0.0, 1.0),
    best=0.0,
    chance=None,
    cite="Abdollahpouri, Burke and Mobasher 2019",
    reads=(*_lists.READS, *BUYERS),
)
def popularity_bias(solution, answers, rows, weights, *, k: Annotated[int, Range(1, 20)] = 10):
    """Return the mean share of customers who had bought the item, over all places, (B,).

    k: so many places of the list count.
    """
    return _lists.mean_of_shown(_lists.popularities(answers, k), answers, weights, k)
