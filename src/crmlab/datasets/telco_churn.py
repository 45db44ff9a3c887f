"""Telco Customer Churn: IBM's sample of a telephone company's contracts."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from crmlab.data.formats.delimited import read_text
from crmlab.declare.dataset import Dataset, Source

FILE = "Telco-Customer-Churn.csv"

DATASET = Dataset(
    label="Telco Customer Churn",
    cite="IBM, Telco customer churn (sample data)",
    licence="Apache-2.0",
    homepage="https://github.com/IBM/telco-customer-churn-on-icp4d",
    sources=(
        Source(
            FILE,
            "16320c9c1ec72448db59aa0a26a0b95401046bef5d02fd3aeb906448e3055e91",
            "https://raw.githubusercontent.com/IBM/telco-customer-churn-on-icp4d/"
            "d5371f5d83a446ad5673cbcca3b814b926491f8a/data/Telco-Customer-Churn.csv",
            size=970457,
        ),
    ),
    currency="USD",
    card="""\
7,043 contracts; outcome 1 = the customer left within the last month (26.54 %).

- A cross-section without a date: `period` is null and there is no chronological split.
- The exception to the rule of time (columns from before a cutoff, outcomes from after it): no cutoff can be
  drawn, and nothing published shows that the columns are older than the outcome.
- So it enters classification only. Survival is not identified: the share still there after 12 months of
  `tenure` is .843 where everyone counts as followed from the first month, and .001 where everyone counts as
  followed for the last month alone, which is when leaving was noted.
- `row_id` is the published `customerID`.
- 11 blank `TotalCharges` are null; all have `tenure` 0 (not yet billed).
- An AUC above .90 on this table is a leak; untuned methods reach about .845.
""",
)


def labelled(raw: Path) -> pd.DataFrame:
    """Return one row per contract."""
    rows = read_text(raw / FILE).rename(columns={"customerID": "row_id"})
    rows.insert(1, "outcome", (rows.pop("Churn") == "Yes").astype("int64"))
    rows.insert(2, "period", pd.array([pd.NA] * len(rows), dtype="Int64"))
    rows["TotalCharges"] = rows["TotalCharges"].mask(rows["TotalCharges"].str.strip() == "")
    whole, real = ["SeniorCitizen", "tenure"], ["MonthlyCharges", "TotalCharges"]
    return rows.astype(dict.fromkeys(whole, "int64") | dict.fromkeys(real, "float64"))


def notes(tables: dict[str, pd.DataFrame]) -> dict[str, int]:
    """Count the blank charges, and those of them that are not at tenure 0."""
    rows = tables["labelled"]
    blank = rows["TotalCharges"].isna()
    return {
        "blank_total_charges": int(blank.sum()),
        "blank_total_charges_with_tenure": int((blank & (rows["tenure"] > 0)).sum()),
    }
