"""Churn separation: how well segments alone rank customers by who stays away in the next window."""

import numpy as np

from crmlab.declare.metric import metric
from crmlab.metrics._clustered import indicators
from crmlab.metrics._weighting import halvings


@metric(
    label="Separation of next-window churn",
    range=(0.0, 1.0),
    best=1.0,
    chance=0.5,
    unit="AUC",
    cite="cross-fitted; AUC: Hanley and McNeil 1982",
    reads=("segment",),
)
def churn_separation(solution, answers, rows, weights):
    """Return the AUC of the segments' churn rates, (B,), each learned from the other half of customers.

    Pairs of customers of one half are ranked by the rates of the other, over both halves and several
    halvings: in sample, many small segments would rank themselves. outcome 1 = no purchase in the next
    window. A segment without customers in the other half takes the overall rate. .5 for one segment; nan
    where everyone does the same.
    """
    outcome = solution["outcome"].to_numpy(dtype=np.float64)
    member = indicators(answers["segment"])
    won, pairs = np.zeros(len(weights)), np.zeros(len(weights))
    for half in halvings(rows["row_id"]):
        gone = [weights @ (member * (outcome * part)[:, None]) for part in (half, ~half)]
        here = [weights @ (member * ((1 - outcome) * part)[:, None]) for part in (half, ~half)]
        for i in (0, 1):
            won += _won(gone[i], here[i], _rate(gone[1 - i], here[1 - i]))
            pairs += gone[i].sum(axis=1) * here[i].sum(axis=1)
    return np.divide(won, pairs, out=np.full(len(weights), np.nan), where=pairs > 0)


def _rate(gone, here):
    """Return the churn rate of each segment, (B, k): the overall one for an empty segment."""
    seen = gone + here
    overall = gone.sum(axis=1, keepdims=True) / np.maximum(seen.sum(axis=1, keepdims=True), 1e-300)
    return np.divide(gone, seen, out=np.broadcast_to(overall, gone.shape).copy(), where=seen > 0)


def _won(gone, here, rate):
    """Return the pairs (churner, stayer) in which the churner's segment has the higher rate, ties half, (B,).

    The area under the curve times the number of pairs (Mann and Whitney 1947).
    """
    order = np.argsort(rate, axis=1, kind="stable")
    gone, here, rate = (np.take_along_axis(a, order, axis=1) for a in (gone, here, rate))
    below = np.cumsum(here, axis=1) - here
    # segments of one rate are one group: half of its stayers count as below each of its churners
    new = np.column_stack([np.ones(len(rate), dtype=bool), np.diff(rate, axis=1) > 0])
    place = np.arange(rate.shape[1])
    first = np.maximum.accumulate(np.where(new, place, 0), axis=1)
    ends = np.column_stack([new[:, 1:], np.ones(len(rate), dtype=bool)])
    last = np.minimum.accumulate(np.where(ends, place, len(place))[:, ::-1], axis=1)[:, ::-1]
    low = np.take_along_axis(below, first, axis=1)
    high = np.take_along_axis(below + here, last, axis=1)
    return (gone * (low + high) / 2).sum(axis=1)
