"""Raw coverage: how often spend lies between the ends of its interval."""

import numpy as np

from crmlab.declare.metric import metric
from crmlab.metrics._spend import column, realised
from crmlab.metrics._weighting import mean


@metric(
    label="Raw coverage",
    range=(0.0, 1.0),
    best=1.0,
    # a wide interval covers everything
    chance=None,
    cite="Gneiting and Raftery 2007",
    reads=("lower", "upper"),
)
def raw_coverage(solution, answers, rows, weights):
    """Return the share of customers with lower ≤ value ≤ upper, (B,).

    Honest intervals cover more than they promise where much of the mass is at zero.
    """
    spent = realised(solution)
    inside = (column(answers, "lower") <= spent) & (spent <= column(answers, "upper"))
    return mean(inside.astype(np.float64), weights)
