"""Cost per acquired customer: what winning one costs when a fixed budget is spent by these scores."""

import numpy as np

from crmlab.declare.metric import metric
from crmlab.maths import ranking
from crmlab.metrics import _budget


def at_random(solution, *, contact_cost, accept_rate, budget_per_1000):
    """Return the cost in a random order; nan where no outcome is 1."""
    won = accept_rate * solution["outcome"].mean()
    return float(contact_cost / won) if won > 0 else float("nan")


@metric(
    label="Cost per acquired customer",
    range=(0.0, float("inf")),
    best=0.0,
    chance=at_random,
    unit="currency per acquired customer",
    cite="Piatetsky-Shapiro and Masand 1999",
)
def cost_per_acquired(solution, answers, rows, weights, *, contact_cost, accept_rate, budget_per_1000):
    """Return the contact cost over the customers won, (B,), in currency; nan where none is won.

    The budget is spent on the best scores: the cost is that of one contact over the rate that
    accepts among those contacted, so contact_cost over accept_rate is the least it can be.
    contact_cost: of one contact. accept_rate: the share of those with an outcome of 1 whom a contact
    wins. budget_per_1000: currency for contacts per 1,000 prospects.
    """
    share = _budget.depth(contact_cost=contact_cost, budget_per_1000=budget_per_1000)
    if share == 0:
        return np.full(len(weights), np.nan)
    outcome, score = solution["outcome"].to_numpy(), answers["score"].to_numpy()
    won = accept_rate * ranking.top_share_rate(outcome, score, weights, share=share)
    return np.divide(contact_cost, won, out=np.full(len(weights), np.nan), where=won > 0)
