"""Who a visitor is, from the first sign-in on, and visits: events no more than half an hour apart."""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd

GAP_MINUTES: Final = 30
"""Without an event for longer, a visit is over (the convention of web analytics)."""

SESSION: Final = ("session_id", "customer", "timestamp", "pages", "duration_seconds", "carted")

NOBODY: Final = "visitor:"
"""Begins the name of somebody who has not signed in, so that it is no customer's."""


def one_spelling(customers: pd.Series) -> pd.Series:
    """Return customers spelt as in the orders: accents in their letters, addresses in lower case."""
    plain = customers.str.normalize("NFC")
    return plain.where(~plain.str.contains("@", regex=False).fillna(False).astype(bool), plain.str.lower())


def signed_in(events: pd.DataFrame) -> pd.DataFrame:
    """Return the events with `customer` and `signed_in_at`: whose they are, and since when that is known.

    An event that names its customer is known at once. One that does not belongs to whoever signed in last on
    the same visitor before it, else to who signs in first after it, and then is known from that sign-in on.
    Nothing that happens later changes what was known before.
    """
    events = events.sort_values(["timestamp", "event_id"], kind="stable", ignore_index=True)
    named = events["customer"].notna()
    own = events["customer"].where(named)
    by_visitor = events["visitor"].where(events["visitor"].notna(), "event " + events["event_id"])
    last = own.groupby(by_visitor).ffill()
    last_at = events["timestamp"].where(named).groupby(by_visitor).ffill()
    first = own.groupby(by_visitor).bfill()
    first_at = events["timestamp"].where(named).groupby(by_visitor).bfill()
    known_at = events["timestamp"].where(last_at.notna(), first_at)
    return events.assign(customer=last.where(last.notna(), first), signed_in_at=known_at)


def sessions(events: pd.DataFrame, *, gap_minutes: float = GAP_MINUTES) -> pd.DataFrame:
    """Return the canonical table `sessions` that events come to, one visit per row, `order_id` yet null.

    A visit is over after `gap_minutes` without an event and at midnight, and is stamped with its last event:
    so nothing after a midnight changes a visit before it. Its customer is who had signed in by then, else the
    visitor under a name of his own ('visitor:...'): what is known of a person later is not written into what
    was seen before. pages: views; duration: from the first to the last event. `bought`: whether one was a
    purchase.
    """
    known = events["customer"].where(events["signed_in_at"] <= events["timestamp"])
    who = events["visitor"].where(events["visitor"].notna(), known)
    seen = events.assign(known=known, who=who).dropna(subset="who")
    seen = seen.sort_values(["who", "timestamp", "event_id"], kind="stable", ignore_index=True)
    later = seen["timestamp"] - seen["timestamp"].shift() > pd.Timedelta(minutes=gap_minutes)
    day = seen["timestamp"].dt.floor("D")
    number = (later | (seen["who"] != seen["who"].shift()) | (day != day.shift())).cumsum()
    marked = seen.assign(
        is_view=seen["kind"] == "view",
        is_cart=seen["kind"].isin(["cart", "buy"]),
        is_buy=seen["kind"] == "buy",
    )
    visits = marked.groupby(number.to_numpy(), sort=False)
    found = visits.agg(
        session_id=("event_id", "first"),
        customer=("known", "last"),
        who=("who", "first"),
        began=("timestamp", "min"),
        timestamp=("timestamp", "max"),
        pages=("is_view", "sum"),
        carted=("is_cart", "any"),
        bought=("is_buy", "any"),
    ).reset_index(drop=True)
    seconds = (found["timestamp"] - found["began"]) / np.timedelta64(1, "s")
    named = found["customer"].where(found["customer"].notna(), NOBODY + found["who"].astype("str"))
    found = found.assign(customer=named, duration_seconds=seconds)
    return found[[*SESSION, "bought"]].astype({"pages": "int64"})
