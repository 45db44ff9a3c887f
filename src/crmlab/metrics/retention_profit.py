"""Retention profit: what a fixed budget earns where every customer has a value of their own."""

import numpy as np

from crmlab.declare.metric import metric
from crmlab.maths.ranking import Ranking, along
from crmlab.maths.retention import contact_profit, yearly_margin
from crmlab.metrics import _budget


@metric(
    label="Profit of retention at a fixed budget",
    range=(-float("inf"), float("inf")),
    best=float("inf"),
    # a constant score still puts the most valuable first: what that earns hangs on the rows
    chance=None,
    unit="currency per customer",
    cite="Lemmens and Gupta 2020, with the profit of Verbraken, Verbeke and Baesens 2013",
)
def retention_profit(
    solution,
    answers,
    rows,
    weights,
    *,
    margin_share,
    customer_value,
    incentive_cost,
    contact_cost,
    accept_alpha,
    accept_beta,
    budget_per_1000,
):
    """Return the realised profit per customer, (B,), in currency; nan where a score is no probability.

    Contacted are the customers with the highest expected profit, by the score and their own value, as
    far as the budget reaches and a profit is expected. A customer's value is margin_share of a year's
    spend as known at the cutoff (customer_value where the rows hold no spend): what a leaver would
    have spent is not observed, so the past stands for it. incentive_cost, contact_cost,
    accept_alpha, accept_beta: as in `churn_profit`, at the mean acceptance. budget_per_1000: currency
    for contacts per 1,000 customers. Ties at the border count as a random order.
    """
    score = answers["score"].to_numpy(dtype=np.float64)
    if not ((score >= 0) & (score <= 1)).all():
        return np.full(len(weights), np.nan)
    prices = {
        "accept_rate": accept_alpha / (accept_alpha + accept_beta),
        "incentive_cost": incentive_cost,
        "contact_cost": contact_cost,
    }
    value = yearly_margin(rows, margin_share=margin_share, otherwise=customer_value)
    depth = _budget.depth(contact_cost=contact_cost, budget_per_1000=budget_per_1000)
    expected = contact_profit(score, value, **prices)
    ranked = Ranking(contact_profit(solution["outcome"].to_numpy(), value, **prices), expected)
    profits = np.empty(len(weights))
    for these, earned, rest in ranked.masses(weights):
        reached = np.cumsum(earned + rest, axis=1)
        total = reached[:, -1:]
        paying = ((earned + rest) * (ranked.scores > 0)).sum(axis=1, keepdims=True)
        taken = along(reached, np.cumsum(earned, axis=1), np.minimum(depth * total, paying))
        profits[these] = np.divide(taken, total, out=np.full(total.shape, np.nan), where=total > 0)[:, 0]
    return profits
