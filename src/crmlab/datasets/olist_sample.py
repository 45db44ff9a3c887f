"""Olist, a sample: 4,000 orders of a Brazilian marketplace with deliveries and reviews."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from crmlab.data.formats.delimited import read_text
from crmlab.declare.dataset import Dataset, Source

ADDRESS = (
    "https://raw.githubusercontent.com/techbyhemant/olist-dashboard-agent/"
    "a00814b01ee2002208eb634ca503cc1e25a1ebfd/data/sample/"
)
CUSTOMERS, ORDERS = "olist_customers_dataset.csv", "olist_orders_dataset.csv"
ITEMS, REVIEWS = "olist_order_items_dataset.csv", "olist_order_reviews_dataset.csv"
PRODUCTS, WORDS = "olist_products_dataset.csv", "product_category_name_translation.csv"

FIRST_DAY, LAST_DAY = "2016-10-04", "2018-08-29"


def _pin(name: str, sha256: str, size: int) -> Source:
    """Return the pin of one file."""
    return Source(name, sha256, ADDRESS + name, size=size)


DATASET = Dataset(
    label="Olist (sample)",
    cite="Olist and Sionek 2018, Brazilian E-Commerce Public Dataset by Olist; a random sample of its orders",
    licence="Olist: MIT in its own repository, CC BY-NC-SA 4.0 at the data portal",
    homepage="https://github.com/olist/work-at-olist-data",
    sources=(
        _pin(CUSTOMERS, "1d7723a4c9e6ddb3aed3ab5271bb24f855465b75ca5ddb0f93a3a2f148a38f71", 345613),
        _pin(ITEMS, "aed8fd489692243090a539fce09f866cdffb859b4be5a40a2a143bffe3a12585", 598257),
        _pin(REVIEWS, "11fe0e8b882bc94d9baff7f83a832cefc35d5e82e864948c3831a4cbdcdd2236", 560354),
        _pin(ORDERS, "c88f4539cbde41946d112e4ac86f5b4db67cf762aca592219e0976d9b25518ec", 700893),
        _pin(PRODUCTS, "42950b748c017f44eb944e31937058ce03206500ffaae01be12731501bf575ef", 221237),
        _pin(WORDS, "5233473346639d5ff3da9b784385ba284778abfaac1062572abe99e8aba8b7e3", 2540),
    ),
    currency="BRL",
    span=(FIRST_DAY, LAST_DAY),
    card="""\
4,000 orders of 3,998 customers, drawn at random from the 99,441 orders of the full data.

- Drawn by order, so that hardly anybody comes back here (2 of 3,998; 3 % in the full data): it is here
  for its deliveries and reviews, not for questions about repeat purchases.
- `customer` is `customer_unique_id`: the published `customer_id` is another one in every order.
- Items are published one per unit; those of one order, product and price are one line with their number
  as the quantity. The freight of an order is a line of its own, flagged as a fee. 23 orders have no items
  and no line; of 24 others the items and the freight do not come to what was paid (interest of
  instalments, vouchers).
- 40 orders are cancelled or unavailable. When that became known is not published, so no line is flagged
  by it.
- `promised` is the end of the estimated day. Two reviews were written of each of 14 orders; a review
  counts from its answer on, and 5.2 % were answered before the parcel came. Reviews answered after the
  last order are left out, as are products without a category.
""",
)


def transactions(raw: Path) -> pd.DataFrame:
    """Return one line per order, product and price, and one for the freight of each order."""
    orders = _orders(raw).set_index("order_id")
    items = read_text(raw / ITEMS).astype({"price": "float64", "freight_value": "float64"})
    goods = items.groupby(["order_id", "product_id", "price"], as_index=False).size()
    goods = goods.rename(columns={"product_id": "product", "price": "unit_price", "size": "quantity"})
    freight = items.groupby("order_id", as_index=False)["freight_value"].sum()
    freight = freight.rename(columns={"freight_value": "unit_price"}).assign(quantity=1)
    freight = freight.assign(product="FREIGHT", is_fee=True)
    lines = pd.concat([goods.assign(is_fee=False), freight], ignore_index=True)
    number = lines.groupby("order_id").cumcount() + 1
    return pd.DataFrame(
        {
            "line_id": lines["order_id"] + "-" + number.astype("str"),
            "order_id": lines["order_id"],
            "customer": lines["order_id"].map(orders["customer"]),
            "timestamp": lines["order_id"].map(orders["timestamp"]),
            "product": lines["product"],
            "quantity": lines["quantity"].astype("int64"),
            "unit_price": lines["unit_price"],
            "amount": lines["unit_price"] * lines["quantity"],
            "is_fee": lines["is_fee"],
        }
    )


def customers(raw: Path) -> pd.DataFrame:
    """Return one row per person, with the state of the first order."""
    orders = _orders(raw).sort_values("timestamp", kind="stable")
    first = orders.drop_duplicates("customer")
    return first[["customer", "customer_state"]].rename(columns={"customer_state": "region"})


def products(raw: Path) -> pd.DataFrame:
    """Return one row per product that has a category, in English where that is published."""
    known = read_text(raw / PRODUCTS)
    known = known[known["product_category_name"] != ""]
    words = read_text(raw / WORDS)
    english = words.set_index("product_category_name")["product_category_name_english"]
    category = known["product_category_name"].map(english).fillna(known["product_category_name"])
    return pd.DataFrame({"product": known["product_id"], "category": category})


def fulfilment(raw: Path) -> pd.DataFrame:
    """Return what became of each order; the promise holds until the end of its day."""
    orders = _orders(raw)
    return pd.DataFrame(
        {
            "order_id": orders["order_id"],
            "timestamp": orders["timestamp"],
            "promised": _time(orders["order_estimated_delivery_date"]) + pd.Timedelta(days=1),
            "shipped": _time(orders["order_delivered_carrier_date"]),
            "delivered": _time(orders["order_delivered_customer_date"]),
            "returned": pd.Series(pd.NaT, index=orders.index, dtype="datetime64[us]"),
        }
    )


def reviews(raw: Path) -> pd.DataFrame:
    """Return the reviews answered by the last day of the orders, with title and message as one text."""
    said = read_text(raw / REVIEWS)
    created = _time(said["review_answer_timestamp"])
    owner = _orders(raw).set_index("order_id")["customer"]
    text = (
        said["review_comment_title"].str.strip() + "\n" + said["review_comment_message"].str.strip()
    ).str.strip()
    found = pd.DataFrame(
        {
            "review_id": said["review_id"] + "-" + said["order_id"],
            "customer": said["order_id"].map(owner),
            "order_id": said["order_id"],
            "score": said["review_score"].astype("int64"),
            "text": text.mask(text == ""),
            "created": created,
        }
    )
    return found[created < pd.Timestamp(LAST_DAY) + pd.Timedelta(days=1)].reset_index(drop=True)


def notes(tables: dict[str, pd.DataFrame]) -> dict[str, int]:
    """Count orders and those without items, late and missing deliveries, and reviews before the parcel."""
    sent, lines, said = tables["fulfilment"], tables["transactions"], tables["reviews"]
    came = said["order_id"].map(sent.set_index("order_id")["delivered"])
    return {
        "orders": len(sent),
        "orders_without_items": int((~sent["order_id"].isin(lines["order_id"])).sum()),
        "customers_with_two_orders": int((lines.groupby("customer")["order_id"].nunique() > 1).sum()),
        "late_deliveries": int((sent["delivered"] > sent["promised"]).sum()),
        "orders_not_delivered": int(sent["delivered"].isna().sum()),
        "reviews_before_the_parcel": int((said["created"] < came).sum()),
    }


def _orders(raw: Path) -> pd.DataFrame:
    """Return the orders with `customer` (the person), `timestamp` and the person's state."""
    orders = read_text(raw / ORDERS).merge(
        read_text(raw / CUSTOMERS), on="customer_id", validate="one_to_one"
    )
    orders = orders.rename(columns={"customer_unique_id": "customer"})
    return orders.assign(timestamp=_time(orders["order_purchase_timestamp"]))


def _time(texts: pd.Series) -> pd.Series:
    """Return published times; '' is none."""
    return pd.to_datetime(texts.mask(texts == ""), format="%Y-%m-%d %H:%M:%S").astype("datetime64[us]")
