"""Bank Marketing: phone calls that offer a term deposit, in time order (UCI 222)."""

from __future__ import annotations

import hashlib
import io
from pathlib import Path

import pandas as pd

from crmlab.data.archives import read_member
from crmlab.data.formats.delimited import parse_text
from crmlab.declare.dataset import Dataset, Source
from crmlab.errors import DataError

ARCHIVE = "bank+marketing.zip"
MEMBER = "bank-additional/bank-additional-full.csv"
MEMBER_SHA256 = "74adfc578bf77a7ff4bb1ba4a9f8709d9e3c6907342959c2c8416847e0afb4d8"
WHOLE = ["age", "duration", "campaign", "previous"]
REAL = ["pdays", "emp.var.rate", "cons.price.idx", "cons.conf.idx", "euribor3m", "nr.employed"]

DATASET = Dataset(
    label="Bank Marketing",
    cite=(
        "Moro, Cortez and Rita (2014), A data-driven approach to predict the success of bank "
        "telemarketing, Decision Support Systems 62, 22-31"
    ),
    licence="CC BY 4.0",
    homepage="https://archive.ics.uci.edu/dataset/222/bank+marketing",
    sources=(
        Source(
            ARCHIVE,
            "78ec0430a915e99836a533b79bdf635ee27e86fbd348bcdb4080f572b1a24aee",
            "https://archive.ics.uci.edu/static/public/222/bank+marketing.zip",
            size=1023915,
        ),
    ),
    currency="EUR",
    barred={"duration": "the length of the call is known only after it, when the outcome is too"},
    card="""\
41,188 calls of a Portuguese bank from May 2008 to November 2010 (bank-additional-full.csv);
outcome 1 = the client subscribed a term deposit (11.27 %).

- Rows are in time order but have no date: `period` is the row's number, and `row_id` the same with
  leading zeros.
- `duration` is known only after the call. It stays in the table and is barred as a feature.
- "unknown" is null. `pdays` 999 (never contacted) is null; 4,110 rows have it although `poutcome`
  says that there was an earlier campaign. They are kept, as are 12 exact duplicates.
- The five macro-economic columns (`emp.var.rate` to `nr.employed`) act as a clock: a random split
  lets a model read the calendar. The primary protocols divide the rows in time, by one hold-out
  and by blocks that follow one another; a random split is the secondary one.
""",
)


def labelled(raw: Path) -> pd.DataFrame:
    """Return one row per call, in time order."""
    rows = parse_text(_member(raw), name=MEMBER, separator=";")
    rows = rows.mask(rows == "unknown")
    rows["pdays"] = rows["pdays"].mask(rows["pdays"] == "999")
    rows = rows.astype(dict.fromkeys(WHOLE, "int64") | dict.fromkeys(REAL, "float64"))
    number = pd.Series(range(1, len(rows) + 1), index=rows.index)
    rows.insert(0, "row_id", number.astype("str").str.zfill(5))
    rows.insert(1, "outcome", (rows.pop("y") == "yes").astype("int64"))
    rows.insert(2, "period", number)
    return rows


def notes(tables: dict[str, pd.DataFrame]) -> dict[str, int]:
    """Count what the card speaks of: contradictions and duplicates, all kept."""
    rows = tables["labelled"]
    earlier = rows["poutcome"] != "nonexistent"
    return {
        "rows_never_contacted_yet_with_an_earlier_outcome": int((rows["pdays"].isna() & earlier).sum()),
        "exact_duplicates": int(rows.drop(columns=["row_id", "period"]).duplicated().sum()),
    }


def _member(raw: Path) -> bytes:
    """Return the verified CSV from the archive inside the archive."""
    inner = io.BytesIO(read_member(raw / ARCHIVE, "bank-additional.zip"))
    content = read_member(inner, MEMBER)
    found = hashlib.sha256(content).hexdigest()
    if found != MEMBER_SHA256:
        raise DataError(f"bank_marketing: {MEMBER} in {ARCHIVE} has SHA-256 {found}, not {MEMBER_SHA256}")
    return content
