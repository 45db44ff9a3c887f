"""Acquisition: whom do we win?

Labelled campaign tables give the outcome as published. In event data a prospect is a visitor of
the last 30 days who has not bought yet.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

import ibis

from crmlab.tasks._buying import bought_in, buyers
from crmlab.windows import Window

LABEL = "Acquisition"
QUESTION = "Whom do we win?"
KINDS = ("classification",)
OUTCOME = "a purchase in the label window"
PUBLISHED_OUTCOME = "a positive response, as published"
NEEDS = ("sessions", "transactions")
POSITIVE = "won"
FAMILIES = ("browsing", "profile")
"""Families that exist for someone who has never bought."""
SHOWN = None
"""Every numeric and categorical column is offered to methods."""
TRUTH = "true_conversion_probability"
"""A function of simulate/oracle.py."""
PROSPECT_DAYS = 30


def population(known: Mapping[str, ibis.Table], *, cutoff: dt.datetime) -> ibis.Table:
    """Return the visitors first seen in the 30 days before the cutoff who have not bought yet."""
    since = cutoff - dt.timedelta(days=PROSPECT_DAYS)
    arrived = first_seen(known).filter(lambda t: t.seen >= ibis.literal(since))
    return arrived.select("customer").anti_join(buyers(known), "customer")


def first_seen(tables: Mapping[str, ibis.Table]) -> ibis.Table:
    """Return `customer, seen`: when each visitor's first session began."""
    visits = tables["sessions"].filter(lambda t: t.customer.notnull())
    return visits.group_by("customer").agg(seen=visits.timestamp.min())


def outcomes(tables: Mapping[str, ibis.Table], people: ibis.Table, window: Window) -> ibis.Table:
    """Return `customer, outcome, value, purchases`; outcome 1 = a purchase in the label window."""
    bought = bought_in(tables, people, window)
    return bought.mutate(outcome=(bought.purchases > 0).cast("int64"))
