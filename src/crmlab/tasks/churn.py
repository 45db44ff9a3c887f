"""Churn: whom do we lose, and what is that worth?

Contractual data give the outcome as published. In event data nobody says goodbye: a customer has
churned when the label window passes without a purchase.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

import ibis

from crmlab.tasks._buying import bought_in, buyers, first_purchases
from crmlab.windows import Window

LABEL = "Churn"
QUESTION = "Whom do we lose, and what is that worth?"
KINDS = ("classification", "lifetime")
OUTCOME = "no purchase in the label window"
PUBLISHED_OUTCOME = "the customer left, as published"
NEEDS = ("transactions",)
POSITIVE = "churned"
FAMILIES = None
"""Every feature family."""
SHOWN = None
"""Every numeric and categorical column is offered to methods."""
TRUTH = "true_churn_probability"
"""A function of simulate/oracle.py."""


def population(known: Mapping[str, ibis.Table], *, cutoff: dt.datetime) -> ibis.Table:
    """Return everyone with a purchase before the cutoff."""
    return buyers(known)


def first_seen(tables: Mapping[str, ibis.Table]) -> ibis.Table:
    """Return `customer, seen`: when each one first bought."""
    return first_purchases(tables)


def outcomes(tables: Mapping[str, ibis.Table], people: ibis.Table, window: Window) -> ibis.Table:
    """Return `customer, outcome, value, purchases`; outcome 1 = no purchase in the label window."""
    bought = bought_in(tables, people, window)
    return bought.mutate(outcome=(bought.purchases == 0).cast("int64"))
