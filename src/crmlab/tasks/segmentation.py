"""Segmentation: who are our customers?

Segments are made from what was known at the cutoff and judged by what the customers spend next.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

import ibis

from crmlab.tasks._buying import bought_in, buyers, first_purchases
from crmlab.windows import Window

LABEL = "Segmentation"
QUESTION = "Who are our customers?"
KINDS = ("clustering",)
OUTCOME = "no purchase in the window after the cutoff"
PUBLISHED_OUTCOME = None
NEEDS = ("transactions",)
POSITIVE = "inactive"
FAMILIES = None
"""Every feature family; most columns are carried, to describe the segments."""
SHOWN = (
    "days_since_last",
    "frequency",
    "monetary_value",
    "total_spend",
    "T_days",
    "gap_mean_days",
    "basket_units",
    "products",
)
"""The columns that are clustered: few and interpretable, as distances drown in many."""
TRUTH = "type"
"""A column of the truth table `customers`."""


def population(known: Mapping[str, ibis.Table], *, cutoff: dt.datetime) -> ibis.Table:
    """Return everyone with a purchase before the cutoff."""
    return buyers(known)


def first_seen(tables: Mapping[str, ibis.Table]) -> ibis.Table:
    """Return `customer, seen`: when each one first bought."""
    return first_purchases(tables)


def outcomes(tables: Mapping[str, ibis.Table], people: ibis.Table, window: Window) -> ibis.Table:
    """Return `customer, outcome, value, purchases`; outcome 1 = no purchase in the next window."""
    bought = bought_in(tables, people, window)
    return bought.mutate(outcome=(bought.purchases == 0).cast("int64"))
