"""Online Retail: one year of order lines of a British gift wholesaler (UCI 352)."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from crmlab.datasets import _online_retail
from crmlab.declare.dataset import Dataset

RULES = _online_retail.RULES

DATASET = Dataset(
    label="Online Retail",
    cite=(
        "Chen, Sain and Guo (2012), Data mining for the online retail industry: a case study of RFM "
        "model-based customer segmentation using data mining, Journal of Database Marketing & "
        "Customer Strategy Management 19(3), 197-208"
    ),
    licence="CC BY 4.0",
    homepage="https://archive.ics.uci.edu/dataset/352/online+retail",
    sources=_online_retail.day_sources(),
    currency="GBP",
    span=("2010-12-01", "2011-12-09"),
    card="""\
541,909 order lines of a British online shop for gifts that mostly sells to wholesalers, published
as one file per trading day (305 files; a day without trade has none). It is the second year of
online_retail_ii.

- A quarter of the lines have no customer (`is_anonymous`). Customers are published as `17850.0`
  and kept as `17850`. 4,372 customers.
- Invoices that start with C are cancellations; the largest take back 80,995 and 74,215 pieces
  within minutes. Each names the line it takes back where one can be found (`cancels_line`).
- Invoices that start with A are bad debts. Stock write-offs have a negative quantity, price 0 and
  no customer.
- Postage, manual entries, discounts, vouchers, tests and the like are `is_fee`: product codes that
  do not begin with five digits, except DCGS..., PADS and SP1002, which are goods.
- Exact duplicate lines are flagged after the first. No line is removed.
- Product codes keep their case as published (`85123a` and `85123A` are two codes).
""",
)


def transactions(raw: Path) -> pd.DataFrame:
    """Return the order lines of all day files."""
    return _online_retail.order_lines(_online_retail.read_days(raw))
