"""Silences: how long customers went without a purchase, and whether they came back."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

import ibis
import numpy as np
import pandas as pd
from ibis.expr.types import Table

from crmlab.history.purchase_lines import day_number, purchase_days, purchase_lines


def silences(tables: Mapping[str, Table], connection: ibis.BaseBackend, *, end: dt.datetime) -> pd.DataFrame:
    """Return `days, returned, count`: how many silences of each length there are, by how they ended.

    A silence begins with each purchase day of a customer. One that `returned` ends with the next purchase
    day, that many days later; one that did not is open, and `days` are those after the purchase that the data
    reach. end: the midnight after their last day.
    """
    days = purchase_days(purchase_lines(tables)).select("customer", "day")
    following = days.mutate(next=days.day.lead().over(ibis.window(group_by="customer", order_by="day")))
    returned = following.next.notnull()
    length = ibis.ifelse(returned, following.next - following.day, day_number(end) - 1 - following.day)
    counted = following.group_by(days=length.cast("int64"), returned=returned).agg(count=ibis._.count())
    found = connection.to_pyarrow(counted.order_by("days", "returned")).to_pandas()
    return found.astype({"days": np.int64, "returned": bool, "count": np.int64})


def gap_quantile(found: pd.DataFrame, share: float) -> float | None:
    """Return the gap, in days, that a share of all gaps does not exceed; None without a gap.

    found: see `silences`.
    """
    gaps = found[found["returned"]].sort_values("days")
    if gaps.empty:
        return None
    reached = gaps["count"].cumsum() >= share * gaps["count"].sum()
    return float(gaps["days"][reached].iloc[0])


def return_curve(found: pd.DataFrame, days: tuple[int, ...]) -> pd.DataFrame:
    """Return `days, silent, returned, share`: of the silences that lasted so long, how many ended later.

    found: see `silences`. share is nan where no silence lasted so long.
    """
    lasted = [(found["days"] > d) & found["returned"] for d in days]
    still = [(found["days"] >= d) & ~found["returned"] for d in days]
    back = np.array([found.loc[m, "count"].sum() for m in lasted], dtype=np.int64)
    silent = back + np.array([found.loc[m, "count"].sum() for m in still], dtype=np.int64)
    share = np.divide(back, silent, out=np.full(len(days), np.nan), where=silent > 0)
    return pd.DataFrame({"days": days, "silent": silent, "returned": back, "share": share})
