"""Acquisition profit: what contacting the best prospects by these scores earns per prospect."""

from functools import partial

from crmlab.declare.metric import metric
from crmlab.maths import profit


def contact_alike(solution, *, accept_rate, **prices):
    """Return what a constant score earns: contact everyone or no one, as the base rate says."""
    return float(profit.response_value(accept_rate * solution["outcome"].mean(), **prices))


@metric(
    label="Expected maximum profit of acquisition",
    range=(0.0, float("inf")),
    best=float("inf"),
    chance=contact_alike,
    unit="currency per prospect",
    cite="after Verbraken, Verbeke and Baesens 2013, with a gamma margin",
)
def acquisition_profit(
    solution, answers, rows, weights, *, contact_cost, margin_mean, margin_shape, accept_rate
):
    """Return the expected maximum profit per scored prospect, (B,), in currency.

    contact_cost: of one contact. margin_mean, margin_shape: the gamma distribution of the margin
    that a prospect who is won brings. accept_rate: the share of those with an outcome of 1 whom a
    contact wins. The depth is the best one for these very outcomes and the margin that comes, as
    published: a bound that noise raises a little. `policy_profit` fixes the depth before.
    """
    value = partial(
        profit.response_value,
        contact_cost=contact_cost,
        margin_mean=accept_rate * margin_mean,
        margin_shape=margin_shape,
    )
    outcome, score = solution["outcome"].to_numpy(), answers["score"].to_numpy()
    return profit.maximum_profit(outcome, score, weights, value)
