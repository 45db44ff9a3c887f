"""Size balance: how evenly customers are spread over the segments."""

import numpy as np

from crmlab.declare.metric import metric
from crmlab.metrics._clustered import indicators


@metric(
    label="Balance of sizes",
    range=(0.0, 1.0),
    best=1.0,
    # a random partition is balanced, and no better for it
    chance=None,
    cite="Shannon 1948; Pielou 1966",
    reads=("segment",),
)
def size_balance(solution, answers, rows, weights):
    """Return the entropy of the segment sizes over that of equal sizes, (B,).

    1 where all segments are as large, near 0 where one holds nearly everyone. Even sizes are handy, not
    right: read it beside the other measures. nan for one segment, whose size cannot be out of balance.
    """
    member = indicators(answers["segment"])
    k = member.shape[1]
    mass = weights @ member
    total = mass.sum(axis=1, keepdims=True)
    share = mass / np.where(total > 0, total, 1.0)
    entropy = -(share * np.log(np.where(share > 0, share, 1.0))).sum(axis=1)
    defined = (total[:, 0] > 0) & (k > 1)
    # rounding may lift equal sizes above 1
    return np.where(defined, np.minimum(entropy / np.log(max(k, 2)), 1.0), np.nan)
