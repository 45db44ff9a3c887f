"""Value: what will a customer spend?

The customers are those of churn, and so is the label window: what is asked of it is the net spend.
The simulator's expected spend is not known exactly: orders to come make tickets, tickets raise the
dropout, and lines are given back. So there is no oracle.
"""

from __future__ import annotations

from collections.abc import Mapping

import ibis

from crmlab.tasks import _buying
from crmlab.windows import Window

LABEL = "Value"
QUESTION = "What will a customer spend, and how sure are we?"
KINDS = ("value", "lifetime_value")
OUTCOME = "a purchase in the label window; its net spend is the value"
PUBLISHED_OUTCOME = None
NEEDS = ("transactions",)
POSITIVE = "bought"
FAMILIES = None
"""Every feature family."""
SHOWN = None
"""Every numeric and categorical column is offered to methods."""
TRUTH = None

population, first_seen = _buying.population, _buying.first_seen


def outcomes(tables: Mapping[str, ibis.Table], people: ibis.Table, window: Window) -> ibis.Table:
    """Return `customer, outcome, value, purchases`; outcome 1 = a purchase in the label window."""
    bought = _buying.bought_in(tables, people, window)
    return bought.mutate(outcome=(bought.purchases > 0).cast("int64"))
