"""What is known of each product: category, price, description, and when it was first sold."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import ibis
import pandas as pd
from ibis.expr.types import Table

from crmlab.errors import NotApplicable

COLUMNS: Final = ("item", "first_sold", "category", "price", "description")
_NOT_SOLD: Final = ("is_cancellation", "is_bad_debt", "is_write_off", "is_fee", "is_duplicate")


def sold_lines(tables: Mapping[str, Table], connection: Any) -> pd.DataFrame:
    """Return `customer, at, item, amount, price, description` of every line sold, in order of time.

    Also of who bought without an account: their money counts in a shop's revenue. item: the product's code in
    capital letters, so that another spelling is not a new product. price: of one unit, as it was paid.
    Raises NotApplicable where there are no transactions.
    """
    if "transactions" not in tables:
        raise NotApplicable("there are no transactions, so nothing is sold")
    lines = tables["transactions"]
    sold = lines.filter(lines.quantity > 0, lines.product.notnull(), *(~lines[f] for f in _NOT_SOLD))
    text = sold.description if "description" in sold.columns else ibis.null("string")
    rows = sold.select(
        "customer",
        at=sold.timestamp,
        item=sold.product.upper(),
        amount=sold.amount.cast("float64"),
        price=sold.unit_price.cast("float64"),
        description=text,
        line_id=sold.line_id,
    )
    return connection.to_pyarrow(rows.order_by("at", "line_id")).to_pandas().drop(columns="line_id")


def described_products(lines: pd.DataFrame, tables: Mapping[str, Table], connection: Any) -> pd.DataFrame:
    """Return COLUMNS of every product that was sold, by item.

    The table `products` says category, price and description where it has them; else price and description
    are those of the first line that has one, so that nothing later than its first sale describes a product.
    """
    first = lines.groupby("item", sort=True).agg(
        first_sold=("at", "min"), price=("price", "first"), description=("description", "first")
    )
    first.insert(1, "category", pd.Series(None, index=first.index, dtype="str"))
    if "products" in tables:
        known = connection.to_pyarrow(tables["products"]).to_pandas()
        known = known.assign(item=known["product"].str.upper()).drop_duplicates("item").set_index("item")
        for column, named in (("category", "category"), ("price", "unit_price"), ("description",) * 2):
            if named in known:
                mine = known[named].reindex(first.index)
                mine = mine.astype("float64") if column == "price" else mine.astype("str")
                first[column] = mine.fillna(first[column])
    first["description"] = first["description"].astype("str")
    return first.reset_index()[list(COLUMNS)]
