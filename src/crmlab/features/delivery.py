"""How a customer's orders were delivered: how fast, how many late, how many still owed or sent back."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

import ibis

from crmlab.declare.feature import Feature
from crmlab.history.purchase_lines import count_where, ratio

DAY_HOURS = 24


def columns(tables: Mapping[str, ibis.Table], *, cutoff: dt.datetime) -> ibis.Table:
    """Return deliveries, late ones, orders that are overdue at the cutoff, parcels sent back, mean days.

    A delivery is late when it came after the promise; overdue is what was promised and has not come.
    """
    lines = tables["transactions"].filter(lambda t: t.customer.notnull())
    owner = lines.group_by("order_id").agg(customer=lines.customer.min())
    sent = tables["fulfilment"].inner_join(owner, "order_id")
    came, hours = sent.delivered.notnull(), sent.delivered.delta(sent.timestamp, unit="hour")
    return sent.group_by("customer").agg(
        deliveries=count_where(came),
        late_deliveries=count_where(sent.delivered > sent.promised),
        overdue_orders=count_where(~came & (sent.promised < ibis.literal(cutoff))),
        orders_sent_back=count_where(sent.returned.notnull()),
        delivery_days_mean=ratio(hours.sum(), hours.count() * DAY_HOURS),
    )


FEATURE = Feature(
    columns,
    needs=("fulfilment", "transactions"),
    counts=("deliveries", "late_deliveries", "overdue_orders", "orders_sent_back"),
)
