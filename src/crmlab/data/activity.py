"""Activity: what happened when in a data set, month by month or along the order of its rows."""

from __future__ import annotations

import pandas as pd

from crmlab import store
from crmlab.errors import NotApplicable


def has_orders(dataset: str) -> bool:
    """Tell whether a data set holds transactions."""
    return "transactions" in store.open_tables(dataset, store.engine())


def monthly_orders(dataset: str) -> pd.DataFrame:
    """Return `month, orders, customers` of a data set with transactions, without cancellations."""
    connection = store.engine()
    lines = store.open_tables(dataset, connection)["transactions"]
    sales = lines.filter(~lines.is_cancellation, ~lines.is_write_off, ~lines.is_bad_debt)
    monthly = sales.group_by(month=sales.timestamp.truncate("M")).agg(
        orders=sales.order_id.nunique(), customers=sales.customer.nunique()
    )
    return connection.to_pyarrow(monthly.order_by("month")).to_pandas()


def outcomes_in_order(dataset: str) -> pd.DataFrame:
    """Return `outcome, period` of a labelled table's rows, in the order of time.

    Raises NotApplicable where its rows have no time.
    """
    connection = store.engine()
    labelled = store.open_tables(dataset, connection)["labelled"].select("outcome", "period")
    rows = connection.to_pyarrow(labelled).to_pandas()
    if rows["period"].isna().all():
        raise NotApplicable("the rows have no order in time")
    return rows.sort_values("period", kind="stable", ignore_index=True)
