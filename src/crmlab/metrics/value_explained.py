"""Value explained: what segments say about next-window value that recency, frequency and money do not."""

from itertools import combinations

import numpy as np
from scipy.stats import rankdata
from sklearn.preprocessing import SplineTransformer

from crmlab.declare.metric import metric
from crmlab.metrics._weighting import mean
from crmlab.seeds import generator

KNOTS = 6
RIDGE = 1e-6
"""Of the number of rows: weight of the squared coefficients."""
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
    reads=("segment",),
)
def value_explained(solution, answers, rows, weights):
    """Return the cross-fitted R² of log(1 + value) of RFM and segments, less that of RFM alone, (B,).

    RFM is a smooth model of days_since_last, frequency and monetary_value (see `rfm_columns`): beyond
    quintile cells of them a segmentation could gain by cutting the same three columns more finely. The
    model with segments adds one effect per segment. Both are fitted on four fifths and judged on the rest,
    so segments of no use cost a little: negative values are not cut off. The fits are made once; weights
    (B, n) weigh the squared errors. nan where the value does not vary or is not known, or rows lack RFM.
    """
    if "value" not in solution or not set(RFM) <= set(rows):
        return np.full(len(weights), np.nan)
    value = solution["value"].to_numpy(dtype=np.float64)
    value = np.sign(value) * np.log1p(np.abs(value))
    base = rfm_columns(rows)
    segment = np.unique(answers["segment"].to_numpy(), return_inverse=True)[1]
    # by row_id, so that the folds do not depend on the order of the rows
    place = np.argsort(np.argsort(rows["row_id"].to_numpy(), kind="stable"))
    gained = np.zeros(len(value))
    for repeat in range(REPEATS):
        fold = generator(0, "value_explained", repeat).permutation(len(value))[place] % FOLDS
        for k in range(FOLDS):
            test = fold == k
            if test.any() and not test.all():
                alone, full = _predict(value, base, segment, ~test, test)
                gained[test] += ((value[test] - alone) ** 2 - (value[test] - full) ** 2) / REPEATS
    spread = mean(value**2, weights) - mean(value, weights) ** 2
    return np.divide(mean(gained, weights), spread, out=np.full(len(weights), np.nan), where=spread > 1e-12)


def rfm_columns(rows):
    """Return a smooth basis of recency, frequency and money, (n, q).

    Of each column's ranks (0 to 1, ties together): a cubic B-spline with KNOTS knots and whether it is
    missing; and the products of the ranks two by two.
    """
    ranks, columns = [], []
    for column in RFM:
        values = rows[column].to_numpy(dtype=np.float64)
        missing = np.isnan(values)
        rank = rankdata(values, nan_policy="omit") / max(1, np.count_nonzero(~missing))
        rank = np.where(missing, 0.5, rank)
        knots = np.linspace(0, 1, KNOTS)[:, None]
        spline = SplineTransformer(degree=3, knots=knots, extrapolation="constant")
        columns += [spline.fit_transform(rank[:, None]), missing[:, None]]
        ranks.append(rank)
    products = [a * b for a, b in combinations(ranks, 2)]
    return np.column_stack([*columns, *products])


def _predict(value, base, segment, train, test):
    """Return the predictions for the test rows from the base columns, and from them and segments together.

    Least squares with a trace of a ridge, as splines sum to 1 and a segment may be empty in a part.
    """
    both = np.column_stack([base, np.eye(segment.max() + 1)[segment]])
    return tuple(_least_squares(x[train], value[train], x[test]) for x in (base, both))


def _least_squares(x, y, asked):
    """Return predictions for rows x by a linear model of y (n,) on columns x (n, q) and an intercept."""
    centre, mean = x.mean(axis=0), y.mean()
    within = x - centre
    gram = within.T @ within
    gram[np.diag_indices_from(gram)] += RIDGE * len(y)
    return mean + (asked - centre) @ np.linalg.solve(gram, within.T @ (y - mean))
