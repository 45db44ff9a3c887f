"""Offer gain: what an offer earns that is made to whole segments or not at all."""

import numpy as np

from crmlab.declare.metric import metric
from crmlab.metrics._clustered import indicators
from crmlab.metrics._weighting import halvings


def contact_alike(solution, *, contact_cost, margin_share):
    """Return what one segment earns: the offer to everyone or to no one, whichever is better."""
    if "effect" not in solution:
        return float("nan")
    return max(0.0, float(_gain(solution, contact_cost, margin_share).mean()))


@metric(
    label="Gain of a segment-wise offer",
    range=(float("-inf"), float("inf")),
    best=float("inf"),
    chance=contact_alike,
    unit="currency per customer",
    cite="value of a treatment rule: Manski 2004",
    reads=("segment",),
)
def offer_gain(solution, answers, rows, weights, *, contact_cost, margin_share):
    """Return the gain per customer, (B,) in currency, of an offer to the segments in which it pays.

    Whether it pays in a segment is decided on one half of the customers and counted on the other, both
    ways, over several halvings. An offer to a customer gains margin_share (of spend that is margin) times
    the true `effect` on the customer's spend, less contact_cost; customers without consent (effect
    unknown) get none. So this is what a shop earns that knows each segment's mean effect from a trial.
    nan where the true effects are not known, as in every data set but a simulated one.
    """
    if "effect" not in solution:
        return np.full(len(weights), np.nan)
    gain = _gain(solution, contact_cost, margin_share)
    member = indicators(answers["segment"])
    earned = []
    for half in halvings(rows["row_id"]):
        one, other = (weights @ (member * (gain * part)[:, None]) for part in (half, ~half))
        earned.append((one * (other > 0) + other * (one > 0)).sum(axis=1))
    total = weights.sum(axis=1, dtype=np.float64)
    return np.divide(np.mean(earned, axis=0), total, out=np.full(len(weights), np.nan), where=total > 0)


def _gain(solution, contact_cost, margin_share):
    """Return what an offer to each customer gains, (n,); 0 for whom it may not reach."""
    effect = solution["effect"].to_numpy(dtype=np.float64)
    return np.where(np.isnan(effect), 0.0, margin_share * effect - contact_cost)
