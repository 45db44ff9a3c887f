"""Churn profit: what the best retention campaign on these scores earns per customer (EMPC)."""

from functools import partial

from crmlab.declare.metric import metric
from crmlab.maths import profit


def contact_alike(solution, **prices):
    """Return what a constant score earns: contact everyone or no one, as the base rate says."""
    return float(profit.retention_value(solution["outcome"].mean(), **prices))


@metric(
    label="Expected maximum profit of retention",
    range=(0.0, float("inf")),
    best=float("inf"),
    chance=contact_alike,
    unit="currency per customer",
    cite="Verbraken, Verbeke and Baesens 2013",
)
def churn_profit(
    solution,
    answers,
    rows,
    weights,
    *,
    customer_value,
    incentive_cost,
    contact_cost,
    accept_alpha,
    accept_beta,
):
    """Return the expected maximum profit per scored customer, (B,), in currency.

    customer_value: of a churner who is kept. incentive_cost: of the offer, contact_cost: of making
    it. accept_alpha, accept_beta: the Beta distribution of a churner's probability to accept. The
    depth is the best one for these outcomes, so a ranking by noise earns slightly more than chance.
    """
    value = partial(
        profit.retention_value,
        customer_value=customer_value,
        incentive_cost=incentive_cost,
        contact_cost=contact_cost,
        accept_alpha=accept_alpha,
        accept_beta=accept_beta,
    )
    outcome, score = solution["outcome"].to_numpy(), answers["score"].to_numpy()
    return profit.maximum_profit(outcome, score, weights, value)
