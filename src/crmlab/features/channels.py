"""Where a customer buys: the main channel and country of the orders, and how firmly."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

import ibis

from crmlab.declare.feature import Feature
from crmlab.history.purchase_lines import most_common, purchase_lines


def columns(tables: Mapping[str, ibis.Table], *, cutoff: dt.datetime) -> ibis.Table:
    """Return the main channel and country of the orders, their shares, and how many there are.

    Columns that the data set does not publish are left out. There is no column per channel: the
    list of channels would come from the whole data, later orders included.
    """
    lines = purchase_lines(tables)
    published = [c for c in ("channel", "country") if c in lines.columns]
    orders = lines.group_by("customer", "order_id").agg(**{c: lines[c].min() for c in published})
    if not published:
        return orders.select("customer").distinct()
    found = orders.group_by("customer").agg(
        **{f"distinct_order_{c}": orders[c].nunique().nullif(0) for c in published}
    )
    for column in published:
        names = {f"order_{column}": "value", f"order_{column}_share": "share"}
        main = most_common(orders, column).rename(names)
        found = found.left_join(main, "customer").drop("customer_right")
    return found


FEATURE = Feature(columns, needs=("transactions",))
