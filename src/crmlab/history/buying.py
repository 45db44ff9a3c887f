"""What the tasks on event data share: who has bought before a cutoff, and who buys in a window."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

import ibis

from crmlab.history.purchase_lines import purchase_lines
from crmlab.history.windows import Window, before


# --- the tasks about buyers: will they buy again? ------------------------------------------------
def population(known: Mapping[str, ibis.Table], *, cutoff: dt.datetime) -> ibis.Table:
    """Return `customer` for everyone with a purchase before the cutoff, from the tables as known then."""
    return buyers(known)


def first_seen(tables: Mapping[str, ibis.Table]) -> ibis.Table:
    """Return `customer, seen`: the moment of each customer's first purchase line."""
    lines = purchase_lines(tables)
    return lines.group_by("customer").agg(seen=lines.timestamp.min())


def outcomes(tables: Mapping[str, ibis.Table], people: ibis.Table, window: Window) -> ibis.Table:
    """Return `customer, value, purchases, outcome`; outcome 1 = no purchase in the label window."""
    bought = bought_in(tables, people, window)
    return bought.mutate(outcome=(bought.purchases == 0).cast("int64"))


# --- the pieces ----------------------------------------------------------------------------------
def buyers(known: Mapping[str, ibis.Table]) -> ibis.Table:
    """Return `customer` for everyone with a purchase line in the tables as known at a cutoff."""
    return purchase_lines(known).select("customer").distinct()


def bought_in(tables: Mapping[str, ibis.Table], people: ibis.Table, window: Window) -> ibis.Table:
    """Return `customer, value, purchases` of the label window for everyone among the people.

    value: net spend on purchases made in the window, as known at its end (decimal, the data set's
    currency; 0 where there was none). purchases: purchase days in the window.
    """
    lines = purchase_lines(before(tables, window.end))
    lines = lines.filter(lines.timestamp >= ibis.literal(window.start))
    bought = lines.group_by("customer").agg(value=lines.net_amount.sum(), purchases=lines.day.nunique())
    joined = people.left_join(bought, "customer")
    return joined.select("customer", value=joined.value.fill_null(0), purchases=joined.purchases.fill_null(0))
