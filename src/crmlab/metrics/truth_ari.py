"""Agreement with the truth: the adjusted Rand index of the segments and the true ones."""

import numpy as np

from crmlab.declare.metric import metric
from crmlab.metrics._agreement import adjusted_rand, cells


@metric(
    label="Agreement with the true segments",
    range=(-1.0, 1.0),
    best=1.0,
    chance=0.0,
    cite="Hubert and Arabie 1985",
    reads=("segment",),
)
def truth_ari(solution, answers, rows, weights):
    """Return the adjusted Rand index, (B,); nan where the truth is not known."""
    if "truth" not in solution or solution["truth"].isna().any():
        return np.full(len(weights), np.nan)
    labels = answers[["segment"]].assign(truth=solution["truth"].to_numpy())
    distinct, mass = cells(labels, weights)
    return adjusted_rand(distinct["segment"], distinct["truth"], mass)
