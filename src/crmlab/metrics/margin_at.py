"""Margin at k: what the goods of the list that were bought left, which would have been bought anyway."""

from typing import Annotated

import numpy as np

from crmlab.declare.metric import metric
from crmlab.declare.parameters import Range
from crmlab.metrics import _lists
from crmlab.vocabulary import REVENUE


@metric(
    label="Margin at {k} of what was bought anyway",
    range=(0.0, np.inf),
    best=np.inf,
    chance=None,
    unit=f"{REVENUE} x margin share",
    cite="Sharma, Hofman and Watts 2015; Jannach and Jugovac 2019",
    reads=_lists.READS,
)
def margin_at(solution, answers, rows, weights, *, margin_share, k: Annotated[int, Range(1, 20)] = 10):
    """Return the mean over those who bought of the margin on the items that stood on the list, (B,).

    It is no gain of recommending: these goods were bought without it. margin_share: of what was paid. k: so
    many places of the list count.
    """
    return margin_share * _lists.over_buyers(_lists.paid(solution, answers, k), solution, weights)
