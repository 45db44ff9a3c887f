"""What was bought together and when: the baskets of a data set, one row per basket and item."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import pandas as pd
from ibis.expr.types import Table

from crmlab import store
from crmlab.errors import NotApplicable, UsageError
from crmlab.history.purchase_lines import purchase_lines, real

COLUMNS: Final = ("customer", "basket", "at", "item", "amount")
LEVELS: Final = ("product", "category")


def dated_baskets(dataset: str, *, by: str = "product") -> pd.DataFrame:
    """Return COLUMNS of every purchase of a data set, by time, customer, basket and item.

    A basket is an order of a known customer; what was sent back later was bought all the same, and an order
    of which nothing counts as a purchase is none. at: when the order was placed. amount: what was paid for
    the item after what was given back, in the data set's currency. by: `product`, or `category`, of which
    several products in a basket are one item. Raises NotApplicable where there are no transactions, or no
    categories; UsageError for another level.
    """
    if by not in LEVELS:
        raise UsageError(f"baskets by '{by}': there are {' and '.join(LEVELS)}")
    connection = store.engine()
    rows = of_tables(store.open_tables(dataset, connection), by=by, named=dataset)
    if not connection.to_pyarrow(rows.count()).as_py():
        raise NotApplicable(f"'{dataset}' has no purchases of a known customer with a product")
    frame = connection.to_pyarrow(rows.order_by("at", "customer", "basket", "item")).to_pandas()
    return frame[list(COLUMNS)]


def of_tables(tables: Mapping[str, Table], *, by: str, named: str) -> Table:
    """Return COLUMNS of canonical tables, in no order; named: the data set, for messages."""
    if "transactions" not in tables:
        raise NotApplicable(f"'{named}' has no transactions, so no baskets")
    lines = purchase_lines(tables).filter(lambda t: t.product.notnull())
    if by == "category":
        if "products" not in tables:
            raise NotApplicable(f"'{named}' has no table of products, so no categories")
        known = tables["products"].select("product", "category")
        lines = lines.inner_join(known, "product").filter(lambda t: t.category.notnull())
    begun = lines.group_by("order_id").agg(at=lines.timestamp.min())
    summed = lines.group_by("customer", "order_id", item=lines[by]).agg(amount=lines.net_amount.sum())
    rows = summed.inner_join(begun, "order_id")
    return rows.select("customer", "at", "item", basket=rows.order_id, amount=real(rows.amount))
