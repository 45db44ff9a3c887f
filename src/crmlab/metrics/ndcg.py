"""nDCG: hits near the top of the list count for more."""

from typing import Annotated

from crmlab.declare.metric import metric
from crmlab.declare.parameters import Range
from crmlab.metrics import _lists


@metric(
    label="nDCG at {k}",
    range=(0.0, 1.0),
    best=1.0,
    chance=None,
    cite="Järvelin and Kekäläinen 2002",
    reads=_lists.READS,
)
def ndcg(solution, answers, rows, weights, *, k: Annotated[int, Range(1, 20)] = 10):
    """Return the mean over those who bought of the normalised discounted cumulative gain, (B,).

    The ideal list has hits on its first min(k, items bought) places; a hit on place r counts 1 / log2(r + 1).
    k: so many places of the list count.
    """
    marks, size = _lists.hits(solution, answers, k)
    gain, ideal = _lists.gain_sums(marks, size, k)
    return _lists.over_buyers(gain / ideal, solution, weights)
