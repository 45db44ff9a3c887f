"""What online_retail and online_retail_ii share: the day files, the codes and the columns."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from crmlab.data.cleaning import Rules
from crmlab.data.formats.delimited import read_text, without_decimal
from crmlab.declare.dataset import Source

DAYS_URL = (
    "https://raw.githubusercontent.com/databricks/Spark-The-Definitive-Guide/"
    "4ba5601eb9b9aed1d01ab79775e3af228216ff6f/data/retail-data/"
)
COLUMNS = {
    "InvoiceNo": "order_id",
    "Invoice": "order_id",
    "StockCode": "product",
    "Description": "description",
    "Quantity": "quantity",
    "InvoiceDate": "timestamp",
    "UnitPrice": "unit_price",
    "Price": "unit_price",
    "CustomerID": "customer",
    "Customer ID": "customer",
    "Country": "country",
}

# Goods have codes that begin with five digits. The exceptions are goods by their descriptions:
# DCGS... (the sister shop's range), PADS (cushion pads) and SP1002 (a chalkboard). What is left is
# postage (POST, DOT, C2, C3), manual entries (M, m), discounts (D), samples (S), adjustments
# (ADJUST, ADJUST2, B), charges (BANK CHARGES, AMAZONFEE, CRUK), vouchers (gift_0001_20, GIFT) and
# tests (TEST001).
RULES = Rules(
    cancellation_prefix="C",
    bad_debt_prefix="A",
    merchandise=r"(?:\d{5}|DCGS|PADS$|SP1002$)",
)


def day_sources(dataset: str | None = None) -> tuple[Source, ...]:
    """Return the sources of the 305 day files; `dataset` names their owner for a borrower."""
    pins = Path(__file__).with_name("online_retail.sha256").read_text(encoding="utf-8").split()
    return tuple(
        Source(name, sha256, DAYS_URL + name, dataset=dataset)
        for sha256, name in zip(pins[::2], pins[1::2], strict=True)
    )


def read_days(raw: Path) -> pd.DataFrame:
    """Return the lines of the day files in the order of publication, as text."""
    return pd.concat([read_text(raw / s.name) for s in day_sources()], ignore_index=True)


def order_lines(published: pd.DataFrame) -> pd.DataFrame:
    """Return published lines as `transactions`, without flags.

    A line has no id of its own: it gets its invoice and its place in it, so that editing one
    invoice renames no line of another.
    """
    lines = published.rename(columns=COLUMNS)
    lines["product"] = lines["product"].str.strip()
    lines["customer"] = without_decimal(lines["customer"].astype("str"))
    lines["description"] = lines["description"].mask(lines["description"] == "")
    lines["timestamp"] = pd.to_datetime(lines["timestamp"], format="%Y-%m-%d %H:%M:%S")
    lines["quantity"] = lines["quantity"].astype("int64")
    lines["unit_price"] = lines["unit_price"].astype("float64")
    lines["amount"] = lines["quantity"] * lines["unit_price"]
    place = lines.groupby("order_id").cumcount() + 1
    lines["line_id"] = lines["order_id"] + "-" + place.astype("str").str.zfill(4)
    return lines
