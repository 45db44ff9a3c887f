"""What a shop sells: its orders and what they came to, its products, its deliveries."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final

import ibis
import numpy as np
import pandas as pd

from crmlab import store
from crmlab.data.fingerprints import fingerprint
from crmlab.errors import NotApplicable

NO_SALE: Final = ("is_cancellation", "is_bad_debt", "is_write_off", "is_duplicate", "is_fee")
"""Flags of lines that are no goods sold."""

MONTHS: Final = 12
"""After so many months a cohort's row ends."""

LATE_SHOWN: Final = 60
"""Days; deliveries that took longer are counted with those that took so long."""


def orders(dataset: str) -> pd.DataFrame:
    """Return a row per order of goods, by time: `order_id, customer, at, items, net`.

    net: what the goods came to, less what was given back of them later, in the data set's currency, float64.
    customer: null where nobody knows. Raises NotApplicable where there are no orders.
    """
    digest = fingerprint(dataset)["tables"].get("transactions", {}).get("digest")
    if digest is None:
        raise NotApplicable("there are no orders, only rows with an outcome")
    return _orders(dataset, digest).copy()


@lru_cache(maxsize=2)
def _orders(dataset: str, digest: str) -> pd.DataFrame:
    """Return the orders of tables with a digest, computed once per process."""
    tables, connection = _opened(dataset)
    sold = _sold(tables["transactions"])
    whole = sold.group_by("order_id").agg(
        customer=sold.customer.min(),
        at=sold.timestamp.min(),
        items=sold.quantity.sum().cast("int64"),
        net=sold.net.sum().cast("float64"),
    )
    return _asked(connection, whole.order_by("at", "order_id"))


def _sold(lines: ibis.Table) -> ibis.Table:
    """Return the lines of goods sold, with `net`: the amount less what was given back of it."""
    back = (
        lines.filter(lines.cancels_line.notnull(), ~lines.is_duplicate)
        .group_by(of=lambda t: t.cancels_line)
        .agg(back=lambda t: t.amount.sum())
    )
    sold = lines.filter(lines.quantity > 0, *(~lines[flag] for flag in NO_SALE))
    joined = sold.left_join(back, sold.line_id == back.of)
    return joined.mutate(net=joined.amount + joined.back.fill_null(0))


def monthly(dataset: str) -> pd.DataFrame:
    """Return `month, orders, customers, new, net`, every month between the first and the last."""
    made = orders(dataset)
    month = made["at"].dt.to_period("M")
    first = month.groupby(made["customer"]).transform("min")
    by_month = made.assign(is_new=first == month).groupby(month)
    found = by_month.agg(orders=("order_id", "size"), customers=("customer", "nunique"), net=("net", "sum"))
    fresh = made[first == month].groupby(month)["customer"].nunique()
    whole = pd.period_range(month.min(), month.max(), freq="M")
    found = found.assign(new=fresh).reindex(whole).fillna(0.0)
    return found.rename_axis("month").reset_index()


def daily(dataset: str) -> pd.Series:
    """Return the net revenue of each day, days without an order too."""
    made = orders(dataset)
    by_day = made.groupby(made["at"].dt.floor("D"))["net"].sum()
    return by_day.reindex(pd.date_range(by_day.index.min(), by_day.index.max()), fill_value=0.0)


def cohorts(dataset: str) -> pd.DataFrame:
    """Return the share of each month's new customers who ordered again k months later.

    Index: the month of the first order; columns: `size`, then 1, 2, ... MONTHS; null for months that the
    data do not hold to their end. Raises NotApplicable where nobody is known or there is a single month.
    """
    made = orders(dataset).dropna(subset="customer")
    month = made["at"].dt.year * 12 + made["at"].dt.month - 1
    if month.nunique() < 2:
        raise NotApplicable("the orders of known customers lie in a single month")
    first = month.groupby(made["customer"]).transform("min")
    size = made.groupby(first)["customer"].nunique()
    later = made.groupby([first, month - first])["customer"].nunique().unstack(fill_value=0)
    end = made["at"].max() + pd.Timedelta(days=1)
    # the last month counts where the data reach its end
    last = int(month.max()) - int(end.day != 1)
    table = later.reindex(index=size.index, columns=range(1, MONTHS + 1), fill_value=0).div(size, axis=0)
    is_known = np.add.outer(size.index.to_numpy(), np.arange(1, MONTHS + 1)) <= last
    named = table.where(is_known).set_axis([f"{m // 12}-{m % 12 + 1:02d}" for m in size.index], axis=0)
    named.insert(0, "size", size.to_numpy())
    return named.dropna(axis="columns", how="all").rename_axis("First order", axis=0)


def hours(dataset: str) -> pd.DataFrame:
    """Return the share of orders by weekday (Monday = 0, index) and hour (columns 0 to 23).

    Raises NotApplicable where all orders are of midnight: the data have days and no hours.
    """
    at = orders(dataset)["at"]
    if (at == at.dt.floor("D")).all():
        raise NotApplicable("the orders have days and no hours")
    counts = pd.crosstab(at.dt.day_of_week, at.dt.hour)
    return counts.reindex(index=range(7), columns=range(24), fill_value=0) / len(at)


def weekdays(dataset: str) -> pd.Series:
    """Return the share of orders by weekday, Monday = 0."""
    day = orders(dataset)["at"].dt.day_of_week
    return day.value_counts(normalize=True).reindex(range(7), fill_value=0.0)


def products(dataset: str, *, count: int = 15) -> pd.DataFrame:
    """Return the products with the highest net revenue: `product, name, net, items, share` of all revenue.

    Raises NotApplicable where the orders name no products.
    """
    tables, connection = _opened(dataset)
    if "transactions" not in tables:
        raise NotApplicable("there are no orders, only rows with an outcome")
    sold = _sold(tables["transactions"]).filter(lambda t: t.product.notnull())
    texts = {"name": sold.description.max()} if "description" in sold.columns else {}
    found = sold.group_by("product").agg(
        net=sold.net.sum().cast("float64"), items=sold.quantity.sum().cast("int64"), **texts
    )
    frame = _asked(connection, found.order_by(ibis.desc("net"), "product"))
    if frame.empty:
        raise NotApplicable("the orders name no products")
    known = tables.get("products")
    if known is not None and "description" in known.columns:
        names = _asked(connection, known.select("product", "description")).set_index("product")["description"]
        frame = frame.assign(name=frame["product"].map(names))
    name = frame["name"] if "name" in frame else frame["product"]
    total = frame["net"].sum()
    return frame.assign(name=name.fillna(frame["product"]), share=frame["net"] / total).head(count)


def deliveries(dataset: str) -> pd.DataFrame:
    """Return a row per delivered order: `at, days` (to the delivery), `late` (null without a promise).

    Raises NotApplicable where the data do not say what was delivered.
    """
    tables, connection = _opened(dataset)
    if "fulfilment" not in tables:
        raise NotApplicable("the data do not say what was delivered when")
    sent = _asked(connection, tables["fulfilment"].order_by("timestamp", "order_id"))
    came = sent.dropna(subset="delivered")
    if came.empty:
        raise NotApplicable("no delivery is recorded")
    days = (came["delivered"] - came["timestamp"]) / pd.Timedelta(days=1)
    late = (came["delivered"] > came["promised"]).astype("float64").where(came["promised"].notna())
    return pd.DataFrame({"at": came["timestamp"], "days": days.clip(0, LATE_SHOWN), "late": late})


def currency(dataset: str) -> str:
    """Return the currency of a data set, 'currency units' where it does not say."""
    return fingerprint(dataset).get("currency") or "currency units"


def _opened(dataset: str) -> tuple[Mapping[str, Any], Any]:
    """Return the canonical tables and the engine that reads them."""
    connection = store.engine()
    return store.open_tables(dataset, connection), connection


def _asked(connection: Any, expression: Any) -> pd.DataFrame:
    """Return what an expression comes to."""
    return connection.to_pyarrow(expression).to_pandas()
