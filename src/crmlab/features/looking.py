"""What a customer looked at, searched for and put aside, from the sign-in on by which the shop knew them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

import ibis

from crmlab.declare.feature import Feature
from crmlab.history.purchase_lines import count_where, day_number, day_of

RECENT_DAYS = 30
COUNTED = {"views": "view", "searches": "search", "wishes": "wish", "cart_adds": "cart"}


def columns(tables: Mapping[str, ibis.Table], *, cutoff: dt.datetime) -> ibis.Table:
    """Return counts of views, searches, wishes and cart additions, recent views, products, recency.

    Events of a visitor who has not signed in by the cutoff are nobody's; those before the sign-in count from
    the sign-in on.
    """
    mine = tables["events"].filter(lambda t: t.customer.notnull())
    mine, today = mine.mutate(day=day_of(mine.timestamp)), day_number(cutoff)
    found = {name: count_where(mine.kind == kind) for name, kind in COUNTED.items()}
    if "product" in mine.columns:
        found["products_seen"] = mine.product.nunique()
    return mine.group_by("customer").agg(
        **found,
        views_30=count_where((mine.kind == "view") & (mine.day >= today - RECENT_DAYS)),
        days_since_event=today - 1 - mine.day.max(),
    )


FEATURE = Feature(columns, needs=("events",), counts=(*COUNTED, "products_seen", "views_30"))
