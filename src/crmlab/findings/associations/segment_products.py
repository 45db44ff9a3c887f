"""Product to customer: what the members of each segment buy more often than others do."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd
from scipy import sparse

from crmlab.errors import NotApplicable
from crmlab.maths.mining.over_index import over_index

LEVEL: Final = 0.95
FEWEST: Final = 5
"""A cell has at least so many buyers."""

SHOWN: Final = 15
SAID: Final = 2


@dataclass(frozen=True)
class SegmentProducts:
    """What each segment over-indexes on.

    table: a row per segment and product with FEWEST buyers, within a segment the highest lower end first:
    `segment, product, buyers, members, share` (of the members), `share_all, lift, lower, upper` (of the lift
    over all customers; the intervals hold for all cells at once), `over` (the lower end is above 1) and
    `under` (the upper end is below 1). customers: who bought anything; cells: segments × products.
    """

    customers: int
    segments: int
    cells: int
    since: str
    table: pd.DataFrame

    @property
    def sentences(self) -> tuple[str, ...]:
        """Say how many cells stand out, and the most telling of each segment."""
        over, under = int(self.table["over"].sum()), int(self.table["under"].sum())
        first = (
            f"Of {self.cells:,} pairs of a segment and a product, bought {self.since} by {self.customers:,} "
            f"customers of {self.segments} segments, {over:,} over-index and {under:,} under-index: their "
            f"{LEVEL:.0%} intervals, which hold for all at once, leave out 1."
        )
        best = self.table[self.table["over"]].sort_values("lower", ascending=False, kind="stable")
        return (first, *(self._said(r) for r in best.drop_duplicates("segment").head(SAID + 3).itertuples()))

    def _said(self, row: Any) -> str:
        """Say one cell."""
        return (
            f"Segment {row.segment} buys {row.product} {row.lift:.2f} times as often as all customers do "
            f"({row.share:.1%} of {row.members:,} members, {row.share_all:.1%} of all; interval "
            f"{row.lower:.2f} to {row.upper:.2f})."
        )

    def head(self) -> pd.DataFrame:
        """Return the table for readers: of each segment what it over-indexes on most surely."""
        best = self.table[self.table["over"]].groupby("segment", sort=False).head(3)
        rows = list(best.head(SHOWN).itertuples())
        shown = {
            "Product": [str(r.product) for r in rows],
            "Lift": [f"{r.lift:.2f} [{r.lower:.2f}, {r.upper:.2f}]" for r in rows],
            "Of the members": [f"{r.share:.1%}" for r in rows],
            "Of all": [f"{r.share_all:.1%}" for r in rows],
            "Buyers": [f"{r.buyers:,}" for r in rows],
        }
        names = [str(r.segment) for r in rows]
        return pd.DataFrame(shown, index=pd.Index(names, name="Segment", dtype="str"))


def find(
    lines: pd.DataFrame,
    segments: Mapping[Any, Any] | pd.Series | None = None,
    *,
    since: str | dt.date | None = None,
    sensitive: Collection[str] = (),
) -> SegmentProducts:
    """Return what the members of segments buy more and less often than all customers.

    lines: `customer, item` [`at`], as `history.dated_baskets` gives them. segments: each customer's segment,
    by customer; who has none counts among all customers. since: only what was bought from that day on counts,
    so that segments made of purchases before it are judged out of time. sensitive: items that are left out.
    Raises NotApplicable where there are no two segments, or nobody in them bought anything.
    """
    if segments is None or len(set(pd.Series(segments).dropna())) < 2:
        raise NotApplicable("there are no two segments to tell apart")
    if "customer" not in lines:
        raise NotApplicable("without customers nobody belongs to a segment")
    if since is not None:
        lines = lines[lines["at"] >= pd.Timestamp(since)]
    lines = lines[lines["customer"].notna() & ~lines["item"].isin(list(sensitive))]
    held, people, items = table_of(lines)
    labels = pd.Series(people).map(pd.Series(segments).to_dict())
    code, names = pd.factorize(labels, sort=True)
    if not (code >= 0).any():
        raise NotApplicable("nobody in a segment bought anything")
    found = over_index(held, code, len(names), level=LEVEL)
    every = np.asarray(held.mean(axis=0)).ravel()
    row, column = np.nonzero(found["buyers"] >= FEWEST)
    table = pd.DataFrame(
        {
            "segment": np.asarray(names)[row],
            "product": items[column],
            "buyers": found["buyers"][row, column].astype(int),
            "members": found["members"][row, column].astype(int),
            "share": found["share"][row, column],
            "share_all": every[column],
            **{name: found[name][row, column] for name in ("lift", "lower", "upper")},
        }
    )
    table = table.assign(over=table["lower"] > 1, under=table["upper"] < 1)
    table = table.sort_values(["segment", "lower"], ascending=[True, False], kind="stable", ignore_index=True)
    when = "at any time" if since is None else f"since {pd.Timestamp(since).date().isoformat()}"
    return SegmentProducts(len(people), len(names), found["buyers"].size, when, table)


def table_of(lines: pd.DataFrame) -> tuple[sparse.csr_matrix, np.ndarray, np.ndarray]:
    """Return who bought what, (customers, items) of 0 and 1, and the names of both, sorted.

    Raises NotApplicable where nothing was bought.
    """
    if lines.empty:
        raise NotApplicable("nobody in a segment bought anything")
    people, row = np.unique(lines["customer"].to_numpy(dtype=object), return_inverse=True)
    items, column = np.unique(lines["item"].astype("str").to_numpy(dtype=object), return_inverse=True)
    held = sparse.csr_matrix((np.ones(len(row)), (row, column)), (len(people), len(items)))
    held.sum_duplicates()
    held.data[:] = 1.0
    return held, people, items
