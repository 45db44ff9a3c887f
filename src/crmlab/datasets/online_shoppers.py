"""Online Shoppers Intention: web sessions, and whether they end in a purchase (UCI 468)."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from crmlab.data.formats.delimited import read_text
from crmlab.declare.dataset import Dataset, Source

FILE = "online_shoppers_intention.csv"
MONTHS = {
    "Feb": 2,
    "Mar": 3,
    "May": 5,
    "June": 6,
    "Jul": 7,
    "Aug": 8,
    "Sep": 9,
    "Oct": 10,
    "Nov": 11,
    "Dec": 12,
}
WHOLE = ["Administrative", "Informational", "ProductRelated"]
REAL = [
    *("Administrative_Duration", "Informational_Duration", "ProductRelated_Duration"),
    *("BounceRates", "ExitRates", "PageValues", "SpecialDay"),
]

DATASET = Dataset(
    label="Online Shoppers Intention",
    cite=(
        "Sakar, Polat, Katircioglu and Kastro (2019), Real-time prediction of online shoppers' purchasing "
        "intention using multilayer perceptron and LSTM recurrent neural networks, Neural Computing "
        "and Applications 31, 6893-6908"
    ),
    licence="CC BY 4.0",
    homepage="https://archive.ics.uci.edu/dataset/468/online+shoppers+purchasing+intention+dataset",
    sources=(
        Source(
            FILE,
            "b3055ee355f59134d851d32641183cb4a8b45def7124d2f50442a042f358e0d9",
            "https://archive.ics.uci.edu/static/public/468/online+shoppers+purchasing+intention+dataset.zip",
            member=FILE,
            size=1072063,
        ),
    ),
    card="""\
12,330 sessions, each of another visitor; outcome 1 = the session ended in a purchase (15.47 %).

- `period` is the number of the published month; there is no January and no April. That the months
  follow one another from February to December is an assumption: the year is not published ("a
  one-year period"), and after May the rows of different months interleave.
- Every column sums up a whole session, so a score is known when the session ends. This classifies
  sessions; it does not find prospects before they come.
- `OperatingSystems`, `Browser`, `Region` and `TrafficType` are codes and stay text.
- `PageValues` is close to an outcome: the shop's analytics computes it from the pages visited
  before transactions. Problems are posed with it and without it.
- 125 exact duplicates are kept: sessions have no id, and short ones look alike.
""",
)


def labelled(raw: Path) -> pd.DataFrame:
    """Return one row per session."""
    rows = read_text(raw / FILE)
    number = pd.Series(range(1, len(rows) + 1), index=rows.index)
    rows.insert(0, "row_id", number.astype("str").str.zfill(5))
    rows.insert(1, "outcome", (rows.pop("Revenue") == "TRUE").astype("int64"))
    rows.insert(2, "period", rows["Month"].map(MONTHS).astype("int64"))
    rows["Weekend"] = rows["Weekend"] == "TRUE"
    return rows.astype(dict.fromkeys(WHOLE, "int64") | dict.fromkeys(REAL, "float64"))


def notes(tables: dict[str, pd.DataFrame]) -> dict[str, int]:
    """Count the exact duplicates, which are kept."""
    return {"exact_duplicates": int(tables["labelled"].drop(columns="row_id").duplicated().sum())}
