"""What is known of each product: category, price, description, and when it was first sold."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import ibis
import numpy as np
import pandas as pd
from ibis.expr.types import Table

from crmlab.errors import NotApplicable

COLUMNS: Final = ("item", "first_sold", "category", "price", "description")
SAID_BY: Final = ("assortment", "products")
"""The tables that describe products; of two that say something the first one counts."""

NAMED: Final = {"category": "category", "price": "unit_price", "description": "description"}
_NOT_SOLD: Final = ("is_cancellation", "is_bad_debt", "is_write_off", "is_fee", "is_duplicate")


def sold_lines(tables: Mapping[str, Table], connection: Any, *, spelling: bool = True) -> pd.DataFrame:
    """Return `customer, at, item, amount, price, description` of every line sold, in order of time.

    Also of who bought without an account: their money counts in a shop's revenue; what was given away was not
    sold. item: the product's code,
    in capital letters unless spelling is False, so that another spelling is not a new product. price: of one
    unit, as it was paid. Raises NotApplicable where there are no transactions.
    """
    if "transactions" not in tables:
        raise NotApplicable("there are no transactions, so nothing is sold")
    lines = tables["transactions"]
    paid = (lines.quantity > 0, lines.amount > 0, lines.product.notnull())
    sold = lines.filter(*paid, *(~lines[f] for f in _NOT_SOLD))
    text = sold.description if "description" in sold.columns else ibis.null("string")
    rows = sold.select(
        "customer",
        at=sold.timestamp,
        item=sold.product.upper() if spelling else sold.product,
        amount=sold.amount.cast("float64"),
        price=sold.unit_price.cast("float64"),
        description=text,
        line_id=sold.line_id,
    )
    return connection.to_pyarrow(rows.order_by("at", "line_id")).to_pandas().drop(columns="line_id")


def described_products(
    lines: pd.DataFrame,
    tables: Mapping[str, Table],
    connection: Any,
    *,
    every: bool = False,
    spelling: bool = True,
) -> pd.DataFrame:
    """Return COLUMNS of every product that was sold, by item; where `every`, of those that were not, too.

    The tables `assortment` and `products` say category, price and description where they have them; else
    price and description are those of the first line that has one, so that nothing later than its first sale
    describes a product.
    """
    first = lines.groupby("item", sort=True).agg(
        first_sold=("at", "min"), price=("price", "first"), description=("description", "first")
    )
    first.insert(1, "category", pd.Series(None, index=first.index, dtype="str"))
    tabled = [_tabled(tables[name], connection, spelling) for name in SAID_BY if name in tables]
    if every and tabled:
        first = first.reindex(first.index.union(pd.Index(np.concatenate([t.index for t in tabled])).unique()))
    for known in reversed(tabled):
        for column in known:
            first[column] = known[column].reindex(first.index).fillna(first[column])
    return first.rename_axis("item").reset_index()[list(COLUMNS)]


def _tabled(table: Table, connection: Any, spelling: bool) -> pd.DataFrame:
    """Return what a table says of products, by item: category, price and description, those that it has."""
    known = connection.to_pyarrow(table).to_pandas()
    names = known["product"].str.upper() if spelling else known["product"]
    there = {column: named for column, named in NAMED.items() if named in known}
    said = pd.DataFrame(
        {c: known[n].astype("float64" if c == "price" else "str") for c, n in there.items()}
    ).set_index(pd.Index(names, name="item"))
    return said[~said.index.duplicated()]
