"""Retention: which members leave, and when?

Contractual churn with dates: a membership of the paid club runs until it is ended on a renewal date. The
design is a landmark one (van Houwelingen 2007): whoever is a member at a cutoff is asked about, with the
columns of that day, the contract's age among them, and followed through the label window.

The truth is left unknown, even where the shop is simulated. There a member's chance to cancel rises once
the customer has dropped out; that hazard changes with the answers to tickets of orders that are yet to come,
so what the state at the cutoff implies for the coming renewals has no closed form.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

import ibis

from crmlab.declare.task import Task
from crmlab.history.windows import Window


def population(known: Mapping[str, ibis.Table], *, cutoff: dt.datetime) -> ibis.Table:
    """Return `customer` for everyone with a membership that runs at the cutoff, as known then."""
    return _running(known["memberships"]).select("customer").distinct()


def first_seen(tables: Mapping[str, ibis.Table]) -> ibis.Table:
    """Return `customer, seen`: when each customer first joined."""
    terms = tables["memberships"].filter(lambda t: t.customer.notnull())
    return terms.group_by("customer").agg(seen=terms.started.min())


def outcomes(tables: Mapping[str, ibis.Table], people: ibis.Table, window: Window) -> ibis.Table:
    """Return `customer, duration_days, event, followed_days, outcome` of the members.

    duration_days: the day of the label window, from 1, on which the last of the memberships that ran at the
    cutoff ended; followed_days where none did within it. event: 1 = it ended within. followed_days: the
    horizon, or less where the window closes before it. outcome: 1 = it ended within the horizon, null where
    that is not known because the window closed before. With a gap, who leaves in it is beyond keeping and is
    not asked about: what is told holds for those who are still members when the window opens.
    """
    start, end = ibis.literal(window.start), ibis.literal(window.end)
    began = tables["memberships"].filter(lambda t: t.started < ibis.literal(window.cutoff))
    ran = began.filter(lambda t: t.ended.isnull() | (t.ended >= ibis.literal(window.cutoff)))
    # an end after the window is not known yet when the window closes
    ran = ran.mutate(until=ibis.ifelse(ran.ended < end, ran.ended, end).fill_null(end))
    last = ran.group_by("customer").agg(until=ran.until.max())
    members = people.join(last, "customer").filter(lambda t: t.until >= start)
    left = (members.until < end).cast("int64")
    day = members.until.delta(start, unit="day") + 1
    return members.select(
        "customer",
        duration_days=ibis.ifelse(left == 1, day, window.followed_days).cast("int64"),
        event=left,
        followed_days=ibis.literal(window.followed_days).cast("int64"),
        outcome=left if window.followed_days == window.horizon_days else left.nullif(0),
    )


def _running(terms: ibis.Table) -> ibis.Table:
    """Return the memberships of known customers that run, in the table as known at a cutoff."""
    return terms.filter(terms.customer.notnull() & terms.ended.isnull())


TASK = Task(
    label="Retention",
    question="Which members leave, and when?",
    kinds=("survival",),
    outcome="the membership ends within the label window",
    positive="left",
    needs=("memberships", "transactions"),
    population=population,
    first_seen=first_seen,
    outcomes=outcomes,
)
