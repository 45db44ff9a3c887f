"""Silhouette: how much nearer customers are to their own segment than to the next one."""

import numpy as np
from sklearn.metrics import silhouette_samples

from crmlab.declare.metric import metric
from crmlab.metrics._clustered import clustered
from crmlab.metrics._weighting import mean
from crmlab.seeds import generator

SAMPLE = 2000
"""At most so many customers are compared with each other: the distances grow with the square."""


@metric(
    label="Silhouette", range=(-1.0, 1.0), best=1.0, chance=0.0, cite="Rousseeuw 1987", reads=("segment",)
)
def silhouette(solution, answers, rows, weights):
    """Return the weighted mean silhouette of a fixed sample of customers, (B,).

    Distances are Euclidean on the numeric clustered columns, on the methods' own scale. The sample (2,000
    at most) and each customer's silhouette are taken once: weights only weigh customers. nan for one
    segment, or where no clustered column varies.
    """
    # by row_id, so that the sample does not depend on the order of the rows
    order = np.argsort(rows["row_id"].to_numpy(), kind="stable")
    sample = order[generator(0, "silhouette").permutation(len(order))[:SAMPLE]]
    segment, points = answers["segment"].to_numpy()[sample], clustered(rows)[sample]
    if not 2 <= len(np.unique(segment)) < len(segment) or points.shape[1] == 0:
        return np.full(len(weights), np.nan)
    return mean(silhouette_samples(points, segment), weights[:, sample])
