"""What a customer gave back, as far as it was known: cancellations and returns."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

import ibis

from crmlab.declare.feature import Feature
from crmlab.history.purchase_lines import count_where, day_number, day_of, purchase_lines, ratio


def columns(tables: Mapping[str, ibis.Table], *, cutoff: dt.datetime) -> ibis.Table:
    """Return number, value and share of returns, and days since the last one (null without one).

    return_value: money taken back, as a positive number, cancellations that name no line
    included. return_share: the part of the money ordered that was taken back through a named
    line. returned_line_share: the part of purchase lines touched by a return.
    """
    lines, raw = purchase_lines(tables), tables["transactions"]
    back = raw.filter(raw.is_cancellation, raw.customer.notnull(), ~raw.is_duplicate, ~raw.is_fee)
    returned = back.group_by("customer").agg(
        return_lines=back.count(), returned=back.amount.sum(), last_day=day_of(back.timestamp.max())
    )
    bought = lines.group_by("customer").agg(
        return_share=ratio(lines.amount.sum() - lines.net_amount.sum(), lines.amount.sum()),
        returned_line_share=ratio(count_where(lines.net_quantity < lines.quantity), lines.count()),
    )
    joined = bought.left_join(returned, "customer")
    return joined.select(
        "customer",
        "return_share",
        "returned_line_share",
        "return_lines",
        return_value=-joined.returned,
        days_since_return=day_number(cutoff) - 1 - joined.last_day,
    )


FEATURE = Feature(
    columns,
    needs=("transactions",),
    counts=("return_lines", "return_value", "return_share", "returned_line_share"),
)
