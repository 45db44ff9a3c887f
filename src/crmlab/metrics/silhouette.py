"""Silhouette: how much nearer customers are to their own segment than to the next one."""

import numpy as np
from sklearn.metrics import silhouette_samples

from crmlab.metrics._weighting import mean
from crmlab.registry import metric
from crmlab.seeds import generator
from crmlab.vocabulary import ROW_KEYS

SAMPLE = 2000
"""At most so many customers are compared with each other: the distances grow with the square."""


@metric(
    label="Silhouette", range=(-1.0, 1.0), best=1.0, chance=0.0, cite="Rousseeuw 1987", needs=("segment",)
)
def silhouette(solution, answers, rows, weights):
    """Return the weighted mean silhouette of a fixed sample of customers, (B,).

    Distances are Euclidean on the numeric columns after signed log and robust scaling. The sample
    (2,000 at most) and each customer's silhouette are taken once: weights only weigh customers. nan for
    one segment, or where no numeric column varies.
    """
    # by row_id, so that the sample does not depend on the order of the rows
    order = np.argsort(rows["row_id"].to_numpy(), kind="stable")
    sample = order[generator(0, "silhouette").permutation(len(order))[:SAMPLE]]
    segment = answers["segment"].to_numpy()[sample]
    scaled = _scaled(rows.iloc[sample])
    if not 2 <= len(np.unique(segment)) < len(segment) or scaled.shape[1] == 0:
        return np.full(len(weights), np.nan)
    return mean(silhouette_samples(scaled, segment), weights[:, sample])


def _scaled(rows):
    """Return the numeric columns (n, p): gaps at the median, signed log, median 0, quartiles 1 apart."""
    numeric = rows.drop(columns=[c for c in ROW_KEYS if c in rows]).select_dtypes("number")
    values = numeric.fillna(numeric.median()).dropna(axis=1).to_numpy(dtype=np.float64)
    values = np.sign(values) * np.log1p(np.abs(values))
    values = values - np.median(values, axis=0)
    spread = np.subtract(*np.quantile(values, [0.75, 0.25], axis=0))
    # more than half of a rare column is one value: its standard deviation stands in
    spread = np.where(spread > 0, spread, values.std(axis=0))
    return values[:, spread > 0] / spread[spread > 0]
