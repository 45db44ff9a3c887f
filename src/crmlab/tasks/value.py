"""Value: what will a customer spend?

The customers are those of churn, and so is the label window: what is asked of it is the net spend.
The simulator's expected spend is not known exactly: orders to come make tickets, tickets raise the
dropout, and lines are given back. So there is no oracle.
"""

from __future__ import annotations

from collections.abc import Mapping

import ibis

from crmlab.declare.task import Task
from crmlab.history import buying
from crmlab.history.windows import Window


def outcomes(tables: Mapping[str, ibis.Table], people: ibis.Table, window: Window) -> ibis.Table:
    """Return `customer, outcome, value, purchases`; outcome 1 = a purchase in the label window."""
    bought = buying.bought_in(tables, people, window)
    return bought.mutate(outcome=(bought.purchases > 0).cast("int64"))


TASK = Task(
    label="Value",
    question="What will a customer spend, and how sure are we?",
    kinds=("value", "lifetime_value"),
    outcome="a purchase in the label window; its net spend is the value",
    positive="bought",
    needs=("transactions",),
    population=buying.population,
    first_seen=buying.first_seen,
    outcomes=outcomes,
)
