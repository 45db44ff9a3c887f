"""CDNOW: the purchases of a cohort of music buyers, the reference of buy-till-you-die models."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from crmlab.declare.dataset import Dataset, Source

MASTER, SAMPLE = "CDNOW_master.txt", "CDNOW_sample.txt"
FIELDS = ["customer", "timestamp", "quantity", "amount"]

DATASET = Dataset(
    label="CDNOW",
    cite=(
        "Fader and Hardie (2001), Forecasting repeat sales at CDNOW: a case study, Interfaces 31(3), S94-S107"
    ),
    licence="offered for research by its authors",
    homepage="https://www.brucehardie.com/datasets/",
    sources=(
        Source(
            MASTER,
            "61fd6f7bf3497187a7ec0d9ff6a99b7568f1fe911a9f3665e02efecd6b34ed07",
            "http://www.brucehardie.com/datasets/CDNOW_full.zip",
            member=MASTER,
            size=1950452,
        ),
        Source(
            SAMPLE,
            "6fae10155c0b0ba363c2c386e30f77990d22328220efd862a5edd1443420d94a",
            "http://www.brucehardie.com/datasets/CDNOW_sample.zip",
            member=SAMPLE,
            size=228327,
        ),
    ),
    currency="USD",
    span=("1997-01-01", "1998-06-30"),
    card="""\
69,659 purchases of the 23,570 customers who first bought in the first quarter of 1997, followed to
1998-06-30.

- `customers.published_sample` marks the 2,357 customers of CDNOW_sample.txt, on whom the published
  buy-till-you-die values rest. All 6,919 lines of the sample file are lines of the master file, and
  these customers have no others there (a test holds it).
- Dates only: models merge purchases of one day. There is no order number, so each line is an order
  of its own, and 255 look-alike lines are not duplicates.
- `quantity` is the number of CDs and `amount` the dollars of the line; `unit_price` is their ratio,
  rounded to 4 decimals. 80 lines have amount 0 and are kept. No product is published (null).
""",
)


def transactions(raw: Path) -> pd.DataFrame:
    """Return one line per purchase of the master file."""
    lines = _read(raw / MASTER, FIELDS)
    place = lines.groupby("customer").cumcount() + 1
    lines["line_id"] = lines["customer"] + "-" + place.astype("str").str.zfill(4)
    lines["order_id"] = lines["line_id"]
    lines["product"] = None
    lines["unit_price"] = lines["amount"] / lines["quantity"]
    return lines


def customers(raw: Path) -> pd.DataFrame:
    """Return one row per customer, saying whether the published sample holds it."""
    everyone = _read(raw / MASTER, FIELDS)["customer"].drop_duplicates()
    sampled = _read(raw / SAMPLE, ["customer", "sample_number", *FIELDS[1:]])["customer"]
    return pd.DataFrame({"customer": everyone, "published_sample": everyone.isin(sampled)})


def notes(tables: dict[str, pd.DataFrame]) -> dict[str, int]:
    """Count the sample's customers and lines, and the lines without value."""
    lines, everyone = tables["transactions"], tables["customers"]
    sampled = everyone.loc[everyone["published_sample"], "customer"]
    return {
        "customers_in_published_sample": len(sampled),
        "lines_of_published_sample": int(lines["customer"].isin(sampled).sum()),
        "lines_with_amount_zero": int((lines["amount"] == 0).sum()),
        "look_alike_lines": int(lines.duplicated(FIELDS).sum()),
    }


def _read(path: Path, fields: list[str]) -> pd.DataFrame:
    """Return the fixed-width lines of a file, ids as text."""
    lines = pd.read_csv(path, sep=r"\s+", names=fields, dtype="str")
    lines["timestamp"] = pd.to_datetime(lines["timestamp"], format="%Y%m%d")
    return lines.astype({"quantity": "int64", "amount": "float64"})
