"""Item coverage: which share of the assortment is on anybody's list."""

from typing import Annotated

import numpy as np

from crmlab.declare.metric import metric
from crmlab.declare.parameters import Range
from crmlab.kinds.recommendation import ASSORTMENT
from crmlab.metrics import _lists


@metric(
    label="Item coverage at {k}",
    range=(0.0, 1.0),
    best=1.0,
    chance=None,
    cite="Herlocker et al. 2004; Ge, Delgado-Battenfeld and Jannach 2010",
    reads=(*_lists.READS, ASSORTMENT),
)
def item_coverage(solution, answers, rows, weights, *, k: Annotated[int, Range(1, 20)] = 10):
    """Return the number of items on any list / of items that were ever bought, (B,).

    k: so many places of the list count.
    """
    seen = (_lists.exposure(answers, weights, k) > 0).sum(axis=1)
    known = answers[ASSORTMENT].to_numpy(dtype=np.float64).max(initial=1.0)
    return np.where(weights.sum(axis=1) > 0, seen / known, np.nan)
