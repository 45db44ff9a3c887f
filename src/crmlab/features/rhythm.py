"""When a customer buys: gaps between purchase days, the last 90 and 180 days, weekends, evenings."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

import ibis

from crmlab.declare.feature import Feature
from crmlab.history.purchase_lines import (
    count_where,
    day_number,
    purchase_days,
    purchase_lines,
    ratio,
    spread,
)

SHORT_DAYS, LONG_DAYS = 90, 180
EVENING_HOUR = 18


def columns(tables: Mapping[str, ibis.Table], *, cutoff: dt.datetime) -> ibis.Table:
    """Return gap mean, spread and ratio, recent spend and purchase days, their trends, time shares.

    gap_mean_days and gap_sd_days: between purchase days (null below one and two gaps). gap_ratio:
    days since the last purchase over the mean gap. trends: (last 90 days - the 90 before) / last
    180 days, from -1 to 1; null without a purchase in 180 days.
    """
    lines = purchase_lines(tables)
    recent, gaps, hours = _recent(lines, cutoff), _gaps(lines, cutoff), _hours(lines)
    joined = recent.left_join(gaps, "customer").drop("customer_right")
    return joined.left_join(hours, "customer").drop("customer_right")


def _recent(lines: ibis.Table, cutoff: dt.datetime) -> ibis.Table:
    """Return spend and purchase days of the last 90 and 180 days and their trends."""
    days = purchase_days(lines)
    today = day_number(cutoff)
    in_short, in_long = days.day >= today - SHORT_DAYS, days.day >= today - LONG_DAYS
    sums = days.group_by("customer").agg(
        days_90=count_where(in_short),
        days_180=count_where(in_long),
        spend_90=days.spend.sum(where=in_short).fill_null(0),
        spend_180=days.spend.sum(where=in_long).fill_null(0),
    )
    return sums.mutate(
        days_trend=ratio(2 * sums.days_90 - sums.days_180, sums.days_180),
        spend_trend=ratio(2 * sums.spend_90 - sums.spend_180, sums.spend_180),
    )


def _gaps(lines: ibis.Table, cutoff: dt.datetime) -> ibis.Table:
    """Return mean and spread of the gaps between purchase days, in days, and the current gap's ratio."""
    days = purchase_days(lines)
    order = ibis.window(group_by="customer", order_by="day")
    days = days.mutate(gap=days.day - days.day.lag().over(order))
    sums = days.group_by("customer").agg(
        n=days.gap.count(), total=days.gap.sum(), squares=(days.gap * days.gap).sum(), last=days.day.max()
    )
    since_last = day_number(cutoff) - 1 - sums.last
    return sums.select(
        "customer",
        gap_mean_days=ratio(sums.total, sums.n),
        gap_sd_days=spread(sums.n, sums.total, sums.squares),
        gap_ratio=ratio(since_last * sums.n, sums.total),
    )


def _hours(lines: ibis.Table) -> ibis.Table:
    """Return the shares of a customer's orders made at weekends and in the evening."""
    orders = lines.group_by("customer", "order_id").agg(at=lines.timestamp.min())
    return orders.group_by("customer").agg(
        weekend_share=ratio(count_where(orders["at"].day_of_week.index() >= 5), orders.count()),
        evening_share=ratio(count_where(orders["at"].hour() >= EVENING_HOUR), orders.count()),
    )


FEATURE = Feature(columns, needs=("transactions",))
