"""The columns of the standard feature families at a cutoff, as sums over a ledger's rows.

Each function is the fast path of the file of its name in `features/`, which says what the columns mean, and
is held equal to it bit for bit. It returns columns (k,) in the family's order, nan where the family has null.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

import numpy as np

from crmlab.history.ledger.sums import Rows, money, ratio, spread, unless

Columns = dict[str, np.ndarray]


def purchases(rows: Rows) -> Columns:
    """Return the columns of `features/purchases.py`."""
    bought = rows.known & (rows["lines"] > 0)
    frequency = rows.total("days") - 1
    first, last = rows.first_day(bought), rows.last_day(bought)
    return {
        "frequency": frequency.astype(np.float64),
        "total_spend": money(rows.total("net")),
        "recency_days": (last - first).astype(np.float64),
        "T_days": (rows.today - 1 - first).astype(np.float64),
        "days_since_last": (rows.today - 1 - last).astype(np.float64),
        "monetary_value": ratio(money(rows.total("repeat_net")), frequency),
    }


def basket(rows: Rows, *, rated: bool) -> Columns:
    """Return the columns of `features/basket.py` without categories; rated: whether ratings are published."""
    orders, value, units = rows.total("orders"), money(rows.total("gross")), rows.total("units")
    products, pairs = rows.total("products"), rows.total("order_products")
    rating = {"rating_mean": ratio(rows.total("rating"), rows.total("ratings"))} if rated else {}
    return {
        "orders": orders.astype(np.float64),
        "products": unless(products == 0, products),
        **rating,
        "basket_value": ratio(value, orders),
        "basket_units": ratio(units, orders),
        "basket_products": unless(pairs == 0, ratio(pairs, orders)),
        "unit_price_mean": ratio(value, units),
    }


def rhythm(rows: Rows) -> Columns:
    """Return the columns of `features/rhythm.py`."""
    short, long = rows.since(90), rows.since(180)
    days_90, days_180 = rows.total("days", short), rows.total("days", long)
    spend_90, spend_180 = rows.total("net", short), rows.total("net", long)
    gaps, total = rows.total("days") - 1, rows.total("gap")
    since_last = rows.today - 1 - rows.last_day(rows.known & (rows["lines"] > 0))
    orders = rows.total("orders")
    return {
        "days_90": days_90.astype(np.float64),
        "days_180": days_180.astype(np.float64),
        "spend_90": money(spend_90),
        "spend_180": money(spend_180),
        "days_trend": ratio(2 * days_90 - days_180, days_180),
        "spend_trend": ratio(money(2 * spend_90 - spend_180), money(spend_180)),
        "gap_mean_days": ratio(total, gaps),
        "gap_sd_days": spread(gaps, total, rows.total("gap_squared")),
        "gap_ratio": ratio(since_last * gaps, total),
        "weekend_share": ratio(rows.total("weekend_orders"), orders),
        "evening_share": ratio(rows.total("evening_orders"), orders),
    }


def returns(rows: Rows) -> Columns:
    """Return the columns of `features/returns.py`."""
    gross, net, lines = rows.total("gross"), rows.total("net"), rows.total("back_lines")
    last = rows.last_day(rows.known & (rows["back_lines"] > 0))
    return {
        "return_share": ratio(money(gross - net), money(gross)),
        "returned_line_share": ratio(rows.total("touched"), rows.total("lines")),
        "return_lines": unless(lines == 0, lines),
        "return_value": unless(lines == 0, money(-rows.total("back"))),
        "days_since_return": unless(lines == 0, rows.today - 1 - last),
    }


def browsing(rows: Rows) -> Columns:
    """Return the columns of `features/browsing.py` without those of the first session."""
    return {
        "sessions": rows.total("sessions").astype(np.float64),
        "sessions_30": rows.total("sessions", rows.since(30)).astype(np.float64),
        "days_since_session": (rows.today - 1 - rows.last_day(rows.known)).astype(np.float64),
        "days_since_first_session": (rows.today - 1 - rows.first_day(rows.known)).astype(np.float64),
        "session_pages_mean": ratio(rows.total("pages"), rows.total("paged")),
        "session_seconds_mean": ratio(rows.total("milliseconds"), rows.total("timed") * 1000),
        "carts": rows.total("carts").astype(np.float64),
        "abandoned_carts": rows.total("abandoned").astype(np.float64),
    }


def contacts(rows: Rows) -> Columns:
    """Return the columns of `features/contacts.py`."""
    sent, replies = rows.total("contacts"), rows.total("replies")
    last_sent = rows.last_day(rows.known & (rows["contacts"] > 0))
    last_reply = rows.last_day(rows.known & (rows["replies"] > 0))
    return {
        "contacts": sent.astype(np.float64),
        "contacts_90": rows.total("contacts", rows.since(90)).astype(np.float64),
        "replies": replies.astype(np.float64),
        "reply_share": ratio(replies, sent),
        "days_since_contact": (rows.today - 1 - last_sent).astype(np.float64),
        "days_since_reply": unless(replies == 0, rows.today - 1 - last_reply),
    }


def service(rows: Rows) -> Columns:
    """Return the columns of `features/service.py`."""
    last = rows.last_day(rows.known & (rows["tickets"] > 0))
    return {
        "tickets": rows.total("tickets").astype(np.float64),
        "open_tickets": rows.total("open").astype(np.float64),
        "response_hours_mean": ratio(rows.total("minutes"), rows.total("answered") * 60),
        "satisfaction_mean": ratio(rows.total("satisfaction"), rows.total("rated")),
        "days_since_ticket": (rows.today - 1 - last).astype(np.float64),
    }


def membership(rows: Rows) -> Columns:
    """Return the columns of `features/membership.py`."""
    none = rows.total("running") == 0
    return {
        "memberships": rows.total("terms").astype(np.float64),
        "is_member": (~none).astype(np.float64),
        "member_days": unless(none, rows.today - 1 - rows.total("since")),
        "member_monthly_fee": unless(none, money(rows.total("fee"))),
        "days_since_membership_ended": unless(
            rows.total("ended") == 0, rows.today - 1 - rows.total("last_end")
        ),
    }


BOOK_OF: Final[Mapping[str, tuple[str, str, Callable[..., Columns]]]] = MappingProxyType(
    {
        "purchases": ("purchases", "lines", purchases),
        "basket": ("purchases", "lines", basket),
        "rhythm": ("purchases", "lines", rhythm),
        "returns": ("purchases", "lines", returns),
        "browsing": ("visits", "sessions", browsing),
        "contacts": ("contacts", "contacts", contacts),
        "service": ("tickets", "tickets", service),
        "membership": ("memberships", "terms", membership),
    }
)
"""{family: (its book, the measure that tells who is in it, its columns)}"""
