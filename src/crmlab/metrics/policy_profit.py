"""Policy profit: what the contact depth that was chosen before the test earns on it."""

import numpy as np

from crmlab.declare.metric import metric
from crmlab.maths import profit


def contact_alike(solution, *, contact_cost, margin_mean, accept_rate):
    """Return what a constant score earns: contact everyone or no one, as the base rate says."""
    return max(0.0, float(accept_rate * margin_mean * solution["outcome"].mean() - contact_cost))


@metric(
    label="Profit of the frozen policy",
    range=(-float("inf"), float("inf")),
    best=float("inf"),
    chance=contact_alike,
    unit="currency per prospect",
    cite="after Elkan 2001, with the depth chosen on held-out train rows",
)
def policy_profit(solution, answers, rows, weights, *, inner, contact_cost, margin_mean, accept_rate):
    """Return the realised profit per prospect of the frozen policy, (B,), in currency; nan without `inner`.

    The policy contacts the share of prospects, best scores first, that would have earned most on
    the inner hold-out of the train rows. A share and not a threshold, because the scores there
    are another fit's, and not every score is a probability. No test outcome chooses anything, so
    this value is not optimistic, as the expected maximum profit is; a ranking by noise may lose money.

    inner: frame (outcome, score) or None. contact_cost: of one contact. margin_mean: of a prospect
    who is won. accept_rate: the share of those with an outcome of 1 whom a contact wins.
    """
    if inner is None:
        return np.full(len(weights), np.nan)
    money = {"margin": accept_rate * margin_mean, "contact_cost": contact_cost}
    depth = profit.best_depth(inner["outcome"].to_numpy(), inner["score"].to_numpy(), **money)
    outcome, score = solution["outcome"].to_numpy(), answers["score"].to_numpy()
    return profit.profit_at_depth(outcome, score, weights, depth=depth, **money)
