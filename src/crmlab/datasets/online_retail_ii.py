"""Online Retail II: two years of order lines of the same wholesaler (UCI 502)."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from crmlab.datasets import _online_retail
from crmlab.declare.dataset import Dataset, Source

RULES = _online_retail.RULES
FIRST_YEAR = "online_retail_ii_2009_2010.parquet"
SECOND_YEAR_BEGINS = "2010-12-01"

DATASET = Dataset(
    label="Online Retail II",
    cite="Chen, Sain and Guo (2012), as Online Retail; the data: Chen (2019), UCI 502",
    licence="CC BY 4.0",
    homepage="https://archive.ics.uci.edu/dataset/502/online+retail+ii",
    sources=(
        Source(
            FIRST_YEAR,
            "e92bcbbce1b7a1041ad79462879d4774bf050c7b8fee9f4eef89f09fb6330664",
            "https://raw.githubusercontent.com/viniciusfrantz/cohort_project/"
            "d35cfe0df1fffcae26c588762715f6b6467c7d45/data/online_retail.parquet",
            size=3669327,
        ),
        *_online_retail.day_sources("online_retail"),
    ),
    currency="GBP",
    span=("2009-12-01", "2011-12-09"),
    card="""\
1,044,847 order lines over two years: the sheet "Year 2009-2010" (525,461 lines, a parquet copy)
and Online Retail as the second year (541,909 lines).

- Both years hold the 22,523 lines of 2010-12-01 to 2010-12-09. They are taken from the second year
  only: the one removal in the catalogue. With them the two sources have 1,067,370 lines, that is
  every line of the published workbook (1,067,371) but one, a postage line.
- A fifth of the lines have no customer. Codes, cancellations, bad debts, write-offs, fees and
  duplicates are flagged as in Online Retail.
- Trade before 2009-12-01 is not in the data: a customer first seen in the first months may be an
  old one, so the problems bar customers first seen before 2010-03 from buy-till-you-die fits.
""",
)


def transactions(raw: Path) -> pd.DataFrame:
    """Return the order lines of both years, the overlap once."""
    first = pd.read_parquet(raw / FIRST_YEAR)
    first = first[first["InvoiceDate"] < SECOND_YEAR_BEGINS]
    years = [_online_retail.order_lines(year) for year in (first, _online_retail.read_days(raw))]
    return pd.concat(years, ignore_index=True)
