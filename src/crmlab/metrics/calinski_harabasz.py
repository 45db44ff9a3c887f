"""Calinski–Harabasz: the spread between segments over the spread within them."""

import numpy as np

from crmlab.declare.metric import metric
from crmlab.metrics._clustered import centres, clustered, indicators


@metric(
    label="Calinski–Harabasz",
    range=(0.0, float("inf")),
    best=float("inf"),
    # a ratio of two estimates of one variance
    chance=1.0,
    cite="Calinski and Harabasz 1974",
    reads=("segment",),
)
def calinski_harabasz(solution, answers, rows, weights):
    """Return the variance ratio between/(k − 1) over within/(N − k), (B,), on the numeric clustered columns.

    N is the sum of weights, k the number of segments that have any. It grows with the number of
    customers: compare methods on one problem, not problems. nan with fewer than two segments, without any
    spread within them, or where no clustered column varies.
    """
    points, member = clustered(rows), indicators(answers["segment"])
    if member.shape[1] < 2 or points.shape[1] == 0:
        return np.full(len(weights), np.nan)
    mass, centre = centres(points, member, weights)
    total, k = mass.sum(axis=1), (mass > 0).sum(axis=1)
    everyone = np.einsum("bk,bkp->bp", mass, centre) / np.where(total > 0, total, 1.0)[:, None]
    between = np.einsum("bk,bkp->b", mass, (centre - everyone[:, None]) ** 2)
    within = weights @ (points**2).sum(axis=1) - np.einsum("bk,bkp->b", mass, centre**2)
    defined = (k > 1) & (total > k) & (within > 1e-12 * total)
    ratio = np.where(defined, within, 1.0) * np.where(defined, k - 1, 1)
    return np.where(defined, between * (total - k) / ratio, np.nan)
