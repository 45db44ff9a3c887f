"""Persistence: how much customers stay together from one origin's segments to the next's."""

import numpy as np

from crmlab.declare.metric import metric
from crmlab.metrics._agreement import adjusted_rand, cells

UNKNOWN = -1
"""The segment before of a customer who had none."""


@metric(
    label="Persistence between origins",
    range=(-1.0, 1.0),
    best=1.0,
    chance=0.0,
    cite="Hubert and Arabie 1985",
    reads=("segment", "segment_before"),
)
def persistence_ari(solution, answers, rows, weights):
    """Return the adjusted Rand index of `segment` and `segment_before`, (B,).

    Of the customers who were there at both origins; each origin's segments are of its own model, so this
    holds both customers who moved and borders that moved. nan where nobody was there before, or where
    both origins have one segment.
    """
    stayed = (answers["segment_before"] != UNKNOWN).to_numpy()
    if not stayed.any():
        return np.full(len(weights), np.nan)
    labels = answers[["segment", "segment_before"]][stayed]
    distinct, mass = cells(labels, weights[:, stayed])
    return adjusted_rand(distinct["segment"], distinct["segment_before"], mass)
