"""The calendar: revenue day by day, and its peaks by name."""

from __future__ import annotations

from typing import Any

import pandas as pd

from crmlab.data import trade
from crmlab.data.described import described
from crmlab.plots import _style

SUBJECT = "dataset"
PEAKS = 6
DAY = "#BDBDBD"
APART_DAYS = 14
"""Two peaks that are named lie so far apart at least."""


def draw(dataset: str) -> _style.Picture:
    """Show the revenue of each day with the mean of the week around it; the strongest days are numbered.

    Raises NotApplicable without orders.
    """
    by_day = trade.daily(dataset)
    strongest = peaks(by_day)
    dates = ", ".join(f"{place}: {day:%d %b %Y}" for place, day in enumerate(strongest, 1))
    with _style.look():
        figure, axes = _style.canvas(
            f"{described(dataset).label}: the calendar",
            f"revenue of {len(by_day):,} days, less what was given back later; the strongest days: {dates}",
            height=4.0,
        )
        axes.plot(by_day.index, by_day, color=DAY, linewidth=0.8, label="day")
        smooth = by_day.rolling(7, center=True, min_periods=1).mean()
        axes.plot(by_day.index, smooth, color=_style.PALETTE[0], label="mean of the week around it")
        for place, (day, value) in enumerate(strongest.items(), 1):
            axes.plot(day, value, marker="o", markersize=4, color=_style.PALETTE[5])
            axes.annotate(f"{place}", (day, value), xytext=(0, 5), textcoords="offset points", ha="center")
        axes.set(ylabel=f"Revenue of a day ({trade.currency(dataset)})", xlabel="Day")
        axes.margins(y=0.12)
        _style.legend_below(figure, axes)
    return figure


def peaks(by_day: pd.Series) -> dict[Any, float]:
    """Return the strongest days, the strongest first, none within APART_DAYS of a stronger one."""
    found: dict[Any, float] = {}
    for day, value in by_day[by_day > 0].sort_values(ascending=False, kind="stable").items():
        if all(abs((day - other).days) >= APART_DAYS for other in found):
            found[day] = float(value)
        if len(found) == PEAKS:
            break
    return found
