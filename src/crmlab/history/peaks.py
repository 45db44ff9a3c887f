"""Peaks: weeks of the year in which far more customers buy than in the weeks around them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import ibis
import numpy as np
import pandas as pd
from ibis.expr.types import Table

from crmlab.history.purchase_lines import purchase_days, purchase_lines

AROUND: Final = 6
"""Weeks before and after a week whose median is what is usual for it."""

TIMES: Final = 1.5
"""A peak has at least so many times the usual number of buyers, and more than chance gives (see BEYOND)."""

BEYOND: Final = 4.0
"""Standard deviations of a count by which a peak lies above what is usual."""

YEAR: Final = 365.25
NEAR: Final = 10
"""Days of the year within which a peak of another year is the same one: Easter apart, they move by a week."""


def weekly_buyers(tables: Mapping[str, Table], connection: ibis.BaseBackend) -> pd.DataFrame:
    """Return `week` (its Monday), `buyers`, `usual`, `is_peak` of every whole week of the data.

    usual: the median of the weeks around it, nan where fewer than AROUND of them are known.
    """
    days = purchase_days(purchase_lines(tables)).select("customer", "day")
    dated = days.mutate(week=(days.day + 3) // 7)  # 1970-01-01 was a Thursday
    counted = dated.group_by("week").agg(buyers=lambda t: t.customer.nunique())
    found = connection.to_pyarrow(counted.order_by("week")).to_pandas()
    if len(found) < 3:
        return pd.DataFrame({"week": [], "buyers": [], "usual": [], "is_peak": []})
    weeks = np.arange(found["week"].min() + 1, found["week"].max())  # the first and the last may be cut
    buyers = found.set_index("week")["buyers"].reindex(weeks, fill_value=0)
    usual = np.array([_usual(buyers.to_numpy(), place) for place in range(len(buyers))])
    high = buyers.to_numpy() > np.maximum(TIMES * usual, usual + BEYOND * np.sqrt(np.maximum(usual, 1.0)))
    monday = pd.Timestamp("1970-01-01") + pd.to_timedelta(7 * weeks - 3, unit="D")
    return pd.DataFrame({"week": monday, "buyers": buyers.to_numpy(), "usual": usual, "is_peak": high})


def _usual(buyers: np.ndarray, place: int) -> float:
    """Return the median of the weeks around one, itself left out; nan where too few are known."""
    around = np.concatenate([buyers[max(place - AROUND, 0) : place], buyers[place + 1 : place + 1 + AROUND]])
    return float(np.median(around)) if len(around) >= AROUND else float("nan")


def peaks_within(peaks: pd.Series, start: pd.Timestamp, end: pd.Timestamp) -> list[pd.Timestamp]:
    """Return the days from `start` to before `end` at which a peak comes, by the calendar of the years known.

    peaks: the Mondays of weeks that were peaks in any year.
    """
    found = []
    for peak in peaks:
        first = int(np.floor((start - peak).days / YEAR)) - 1
        last = int(np.ceil((end - peak).days / YEAR)) + 1
        for years in range(first, last + 1):
            day = peak + pd.Timedelta(days=round(YEAR * years))
            if start <= day < end:
                found.append(day)
    return sorted(found)


def same_season(day: pd.Timestamp, others: list[pd.Timestamp]) -> bool:
    """Tell whether any of other days lies within NEAR days of the same time of the year."""
    apart = [abs((day - other).days) % YEAR for other in others]
    return any(min(a, YEAR - a) <= NEAR for a in apart)
