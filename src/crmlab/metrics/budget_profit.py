"""Budget profit: what spending a fixed budget on the best-scored prospects earns."""

from crmlab.declare.metric import metric
from crmlab.maths import profit
from crmlab.metrics import _budget


def at_random(solution, *, contact_cost, margin_mean, accept_rate, budget_per_1000):
    """Return what the budget earns in a random order."""
    depth = _budget.depth(contact_cost=contact_cost, budget_per_1000=budget_per_1000)
    return float(depth * (accept_rate * margin_mean * solution["outcome"].mean() - contact_cost))


@metric(
    label="Profit at a fixed budget",
    range=(-float("inf"), float("inf")),
    best=float("inf"),
    chance=at_random,
    unit="currency per prospect",
    cite="Piatetsky-Shapiro and Masand 1999",
)
def budget_profit(
    solution, answers, rows, weights, *, contact_cost, margin_mean, accept_rate, budget_per_1000
):
    """Return the realised profit per prospect, (B,), in currency, when the whole budget is spent.

    contact_cost: of one contact. margin_mean: of a prospect who is won. accept_rate: the share of
    those with an outcome of 1 whom a contact wins. budget_per_1000: currency for contacts per 1,000
    prospects. Ties at the border count as a random order.
    """
    return profit.profit_at_depth(
        solution["outcome"].to_numpy(),
        answers["score"].to_numpy(),
        weights,
        depth=_budget.depth(contact_cost=contact_cost, budget_per_1000=budget_per_1000),
        margin=accept_rate * margin_mean,
        contact_cost=contact_cost,
    )
