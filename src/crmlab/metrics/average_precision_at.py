"""Average precision of a list: precision at each hit, so that early hits count for more."""

from typing import Annotated

import numpy as np

from crmlab.declare.metric import metric
from crmlab.declare.parameters import Range
from crmlab.metrics import _lists


@metric(
    label="MAP at {k}",
    range=(0.0, 1.0),
    best=1.0,
    chance=None,
    cite="Baeza-Yates and Ribeiro-Neto 1999",
    reads=_lists.READS,
)
def average_precision_at(solution, answers, rows, weights, *, k: Annotated[int, Range(1, 20)] = 10):
    """Return the mean over those who bought of the sum of precisions at hits / min(k, items bought), (B,).

    k: so many places of the list count.
    """
    marks, size = _lists.hits(solution, answers, k)
    precise = marks.cumsum(axis=1) / np.arange(1, k + 1)
    reached = (precise * marks).sum(axis=1) / size.clip(max=k)
    return _lists.over_buyers(reached, solution, weights)
