"""Novelty: how surprising the items of the lists are, by how few customers had bought them."""

from typing import Annotated

import numpy as np

from crmlab.declare.metric import metric
from crmlab.declare.parameters import Range
from crmlab.kinds.recommendation import BUYERS
from crmlab.metrics import _lists

LEAST = 1e-9
"""The share of an item that nobody had bought: it is of no use to anybody and not infinitely novel."""


@metric(
    label="Novelty at {k}",
    range=(0.0, np.inf),
    best=np.inf,
    chance=None,
    unit="bits",
    cite="Zhou et al. 2010; Castells, Hurley and Vargas 2015",
    reads=(*_lists.READS, *BUYERS),
)
def novelty(solution, answers, rows, weights, *, k: Annotated[int, Range(1, 20)] = 10):
    """Return the mean of -log2(share of customers who had bought the item) over all places, (B,), in bits.

    k: so many places of the list count.
    """
    share = _lists.popularities(answers, k)
    bits = -np.log2(np.maximum(share, LEAST))
    return _lists.mean_of_shown(bits, answers, weights, k)
