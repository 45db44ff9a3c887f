"""Gini of exposure: whether the lists show a few items to everyone, or many to somebody."""

from typing import Annotated

import numpy as np

from crmlab.declare.metric import metric
from crmlab.declare.parameters import Range
from crmlab.kinds.recommendation import ASSORTMENT
from crmlab.metrics import _lists


@metric(
    label="Gini of exposure at {k}",
    range=(0.0, 1.0),
    best=0.0,
    chance=None,
    cite="Gini 1912; Fleder and Hosanagar 2009",
    reads=(*_lists.READS, ASSORTMENT),
)
def exposure_gini(solution, answers, rows, weights, *, k: Annotated[int, Range(1, 20)] = 10):
    """Return the Gini coefficient of how often each item of the assortment is shown, (B,): 0 = all alike.

    k: so many places of the list count.
    """
    shown = np.sort(_lists.exposure(answers, weights, k), axis=1)
    known = answers[ASSORTMENT].to_numpy(dtype=np.float64).max(initial=1.0)
    total = shown.sum(axis=1)
    # items that are never shown come first, with an exposure of 0
    place = known - shown.shape[1] + np.arange(1, shown.shape[1] + 1)
    found = (shown * (2 * place - known - 1)).sum(axis=1) / known
    return np.divide(found, total, out=np.full(len(weights), np.nan), where=total > 0)
