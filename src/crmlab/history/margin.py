"""Margin: which share of revenue the goods leave, by the shop's own costs where they are known."""

from __future__ import annotations

from typing import Any

import pandas as pd

from crmlab import store
from crmlab.errors import DataError
from crmlab.history.purchase_lines import purchase_lines
from crmlab.history.windows import before


def margin_share(dataset: str, *, cutoff: pd.Timestamp) -> float | None:
    """Return the margin on what was bought before the cutoff, a share of revenue; None without costs.

    1 less the cost of the net units over the net amount, lines without a known cost left out.
    """
    connection = store.engine()
    tables = store.open_tables(dataset, connection)
    if "products" not in tables or "unit_cost" not in tables["products"].columns:
        return None
    lines = purchase_lines(before(tables, cutoff.to_pydatetime()))
    costs = tables["products"].select("product", "unit_cost").filter(lambda t: t.unit_cost.notnull())
    bought = lines.select("product", "net_amount", "net_quantity").inner_join(costs, "product")
    sums = bought.agg(
        revenue=bought.net_amount.sum(),
        cost=(bought.net_quantity.cast("decimal(18, 0)") * bought.unit_cost).sum(),
    )
    found = connection.to_pyarrow(sums).to_pylist()[0]
    return 1 - float(found["cost"]) / float(found["revenue"]) if found["revenue"] else None


def measured_margin(comparison: Any) -> float | None:
    """Return the margin on what was bought before a comparison's last cutoff, a share of revenue.

    None without a cutoff, without costs, and where the data set's tables are not on this machine.
    """
    known = comparison.problem.facts
    cutoffs = [f["cutoff"] for f in known["folds"] if f["cutoff"]]
    if not cutoffs:
        return None
    try:
        return margin_share(known["dataset"], cutoff=pd.Timestamp(max(cutoffs)))
    except DataError:
        return None
