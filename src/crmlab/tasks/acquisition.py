"""Acquisition: whom do we win?

Labelled campaign tables give the outcome as published. In event data a prospect is a visitor of
the last 30 days who has not bought yet.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

import ibis

from crmlab.declare.task import Task
from crmlab.history.buying import bought_in, buyers
from crmlab.history.windows import Window

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


TASK = Task(
    label="Acquisition",
    question="Whom do we win?",
    kinds=("classification",),
    outcome="a purchase in the label window",
    published_outcome="a positive response, as published",
    positive="won",
    needs=("sessions", "transactions"),
    families=("browsing", "profile"),
    population=population,
    first_seen=first_seen,
    outcomes=outcomes,
    truth="true_conversion_probability",
)
