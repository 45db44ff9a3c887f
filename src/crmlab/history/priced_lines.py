"""What was bought at which price, and what products usually cost the customer and the shop."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import pandas as pd
from ibis.expr.types import Table

from crmlab import store
from crmlab.errors import NotApplicable
from crmlab.history.purchase_lines import purchase_lines, real

LINES: Final = ("customer", "basket", "at", "item", "price", "amount")
PRODUCTS: Final = ("item", "category", "price", "cost")


def priced_lines(dataset: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return LINES of every purchase of a data set by time, and PRODUCTS of what was bought.

    price: of one unit, as it was paid; of a product the median over its lines. category, cost: as the table
    `products` says, null where it does not. Raises NotApplicable where there are no purchases of products.
    """
    connection = store.engine()
    return of_tables(store.open_tables(dataset, connection), connection, named=dataset)


def of_tables(
    tables: Mapping[str, Table], connection: Any, *, named: str
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the same of canonical tables; named: the data set, for messages."""
    if "transactions" not in tables:
        raise NotApplicable(f"'{named}' has no transactions, so no prices")
    lines = purchase_lines(tables).filter(lambda t: t.product.notnull())
    rows = lines.select(
        "customer",
        basket=lines.order_id,
        at=lines.timestamp,
        item=lines.product,
        price=real(lines.unit_price),
        amount=real(lines.amount),
        line=lines.line_id,
    )
    sold = connection.to_pyarrow(rows.order_by("at", "line")).to_pandas()[list(LINES)]
    if sold.empty:
        raise NotApplicable(f"'{named}' has no purchases of a known customer with a product")
    usual = sold.groupby("item", sort=True)["price"].median().to_frame()
    usual["category"], usual["cost"] = pd.Series(None, index=usual.index, dtype="str"), np.nan
    if "products" in tables:
        known = connection.to_pyarrow(tables["products"]).to_pandas().set_index("product")
        usual["category"] = known["category"].astype("str").reindex(usual.index)
        if "unit_cost" in known:
            usual["cost"] = known["unit_cost"].astype("float64").reindex(usual.index)
    return sold, usual.reset_index()[list(PRODUCTS)]
