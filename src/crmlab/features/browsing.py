"""What a visitor did in the shop's sessions: how often, how long, with a cart or not."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

import ibis

from crmlab.declare.feature import Feature
from crmlab.history.purchase_lines import count_where, day_number, day_of, first_of, ratio

RECENT_DAYS = 30


def columns(tables: Mapping[str, ibis.Table], *, cutoff: dt.datetime) -> ibis.Table:
    """Return counts, recency, mean pages and seconds, carts, and what the first session was like.

    abandoned_carts: sessions with a cart and without an order.
    """
    visits = tables["sessions"].filter(lambda t: t.customer.notnull())
    # a sum of doubles depends on the order of summation: whole milliseconds do not
    visits = visits.mutate(
        day=day_of(visits.timestamp), milliseconds=(visits.duration_seconds * 1000).round().cast("int64")
    )
    today = day_number(cutoff)
    sums = visits.group_by("customer").agg(
        sessions=visits.count(),
        sessions_30=count_where(visits.day >= today - RECENT_DAYS),
        days_since_session=today - 1 - visits.day.max(),
        days_since_first_session=today - 1 - visits.day.min(),
        session_pages_mean=ratio(visits.pages.sum(), visits.pages.count()),
        session_seconds_mean=ratio(visits.milliseconds.sum(), visits.milliseconds.count() * 1000),
        carts=count_where(visits.carted),
        abandoned_carts=count_where(visits.carted & visits.order_id.isnull()),
    )
    return sums.left_join(_first(visits), "customer").drop("customer_right")


def _first(visits: ibis.Table) -> ibis.Table:
    """Return what the first session was like: pages, seconds, cart, and where it came from."""
    first = first_of(visits, "timestamp", "session_id")
    published = {f"first_{c}": first[c] for c in ("source", "device", "channel") if c in first.columns}
    return first.select(
        "customer",
        first_pages=first.pages,
        first_seconds=first.duration_seconds,
        first_carted=first.carted,
        **published,
    )


FEATURE = Feature(
    columns, needs=("sessions",), counts=("sessions", "sessions_30", "carts", "abandoned_carts")
)
