"""Value explained: what segments say about next-window value that recency, frequency and money do not."""

import numpy as np
from scipy.sparse import csr_array
from scipy.stats import rankdata

from crmlab.metrics._weighting import mean
from crmlab.registry import metric
from crmlab.seeds import generator

QUINTILES = 5
FOLDS = 5
REPEATS = 4
"""Partitions into folds that the squared errors are averaged over."""

RFM = ("days_since_last", "frequency", "monetary_value")


@metric(
    label="Next-window value explained beyond RFM",
    range=(float("-inf"), 1.0),
    best=1.0,
    # one segment, or labels permuted within RFM cells: nothing beyond RFM (less a little noise)
    chance=0.0,
    unit="R²",
    cite="cross-fitted difference of R²; RFM: Hughes 1994",
    needs=("segment",),
)
def value_explained(solution, answers, rows, weights):
    """Return the cross-fitted R² of log(1 + value) of RFM cells and segments, less that of the cells, (B,).

    The cells are quintiles of days_since_last, frequency and monetary_value; the model with segments
    adds one effect per segment to the effects of the cells. Both are fitted on four fifths and judged
    on the rest, so segments of no use cost a little: negative values are not cut off. The fits are
    made once; weights (B, n) weigh the squared errors. nan where the value does not vary or is not known,
    or rows lack RFM.
    """
    if "value" not in solution or not set(RFM) <= set(rows):
        return np.full(len(weights), np.nan)
    value = solution["value"].to_numpy(dtype=np.float64)
    value = np.sign(value) * np.log1p(np.abs(value))
    cell = rfm_cells(rows)
    segment = np.unique(answers["segment"].to_numpy(), return_inverse=True)[1]
    # by row_id, so that the folds do not depend on the order of the rows
    place = np.argsort(np.argsort(rows["row_id"].to_numpy(), kind="stable"))
    gained = np.zeros(len(value))
    for repeat in range(REPEATS):
        fold = generator(0, "value_explained", repeat).permutation(len(value))[place] % FOLDS
        for k in range(FOLDS):
            test = fold == k
            if test.any() and not test.all():
                base, full = _predict(value, cell, segment, ~test, test)
                gained[test] += ((value[test] - base) ** 2 - (value[test] - full) ** 2) / REPEATS
    spread = mean(value**2, weights) - mean(value, weights) ** 2
    return np.divide(mean(gained, weights), spread, out=np.full(len(weights), np.nan), where=spread > 1e-12)


def rfm_cells(rows):
    """Return the RFM cell of each customer, (n,): quintiles of three ranks, ties together, gaps apart."""
    cell = np.zeros(len(rows), dtype=np.int64)
    for column in RFM:
        values = rows[column].to_numpy(dtype=np.float64)
        share = rankdata(values, nan_policy="omit") / max(1, np.count_nonzero(~np.isnan(values)))
        quintile = np.where(np.isnan(share), 0, np.ceil(share * QUINTILES))
        cell = cell * (QUINTILES + 1) + quintile.astype(np.int64)
    return np.unique(cell, return_inverse=True)[1]


def _predict(value, cell, segment, train, test):
    """Return the predictions for the test rows from cell means, and from cells and segments together.

    Least squares with an effect per cell and per segment, by centring within cells (Frisch, Waugh
    and Lovell). A cell that the train rows lack takes their mean.
    """
    indicators = np.eye(segment.max() + 1)[segment]
    value_in, share_in = _cell_means(value, cell, train), _cell_means(indicators, cell, train)
    within = indicators[train] - share_in[cell[train]]
    effect = np.linalg.pinv(within.T @ within, rcond=1e-9, hermitian=True) @ (
        within.T @ (value[train] - value_in[cell[train]])
    )
    base = value_in[cell[test]]
    return base, base + (indicators[test] - share_in[cell[test]]) @ effect


def _cell_means(values, cell, train):
    """Return the train mean of values (n,) or (n, k) in each cell, the overall one for an empty cell."""
    size = int(train.sum())
    member = csr_array((np.ones(size), (cell[train], np.arange(size))), shape=(cell.max() + 1, size))
    count = member.sum(axis=1).reshape(-1, *[1] * (values.ndim - 1))
    return np.where(count > 0, member @ values[train] / np.maximum(count, 1), values[train].mean(axis=0))
