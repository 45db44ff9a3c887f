"""How deep a fixed budget reaches, for the metrics that spend one."""


def depth(*, contact_cost, budget_per_1000):
    """Return the share of prospects, 0 to 1, that a budget in currency per 1,000 prospects can contact."""
    return 1.0 if contact_cost == 0 else min(1.0, budget_per_1000 / (1000 * contact_cost))
