"""The buy-till-you-die summary and what was spent in all.

Conventions (Fader, Hardie and Lee 2005, as published for CDNOW): purchases of one day count once;
T_days reaches from the first purchase day to the last observed day, which is the day before the
cutoff.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

import ibis

from crmlab.declare.feature import Feature
from crmlab.history.purchase_lines import day_number, purchase_days, purchase_lines, ratio


def columns(tables: Mapping[str, ibis.Table], *, cutoff: dt.datetime) -> ibis.Table:
    """Return frequency, recency_days, T_days, monetary_value, days_since_last and total_spend.

    frequency: repeat purchase days. monetary_value: mean net spend per repeat purchase day (null
    without one). total_spend: net, over all days. Money in the data set's currency.
    """
    days = purchase_days(purchase_lines(tables))
    days = days.mutate(is_repeat=days.day > days.day.min().over(group_by="customer"))
    customers = days.group_by("customer").agg(
        frequency=days.is_repeat.cast("int64").sum(),
        first_day=days.day.min(),
        last_day=days.day.max(),
        repeat_spend=days.spend.sum(where=days.is_repeat),
        total_spend=days.spend.sum(),
    )
    last_observed = day_number(cutoff) - 1
    return customers.select(
        "customer",
        "frequency",
        "total_spend",
        recency_days=customers.last_day - customers.first_day,
        T_days=last_observed - customers.first_day,
        days_since_last=last_observed - customers.last_day,
        monetary_value=ratio(customers.repeat_spend, customers.frequency),
    )


FEATURE = Feature(columns, needs=("transactions",))
