"""Activity: what happened when, month by month or along the order of the rows."""

from __future__ import annotations

import numpy as np
import pandas as pd

from crmlab.data import activity
from crmlab.data.described import described
from crmlab.plots import _style

SUBJECT = "dataset"
BLOCKS = 40


def draw(dataset: str) -> _style.Picture:
    """Show orders and buying customers per month; for labelled rows in time order, the outcome's rate.

    Look for months that are cut off at the ends, for seasons, and for a rate that drifts: a model
    is tested on other times than it learned from. Cancellations are left out. Raises NotApplicable
    where the data have no time.
    """
    if activity.has_orders(dataset):
        return _orders(dataset, activity.monthly_orders(dataset))
    return _rate(dataset, activity.outcomes_in_order(dataset))


def _orders(dataset: str, monthly: pd.DataFrame) -> _style.Picture:
    """Draw orders and customers per month."""
    with _style.look():
        figure, axes = _style.canvas(
            f"{described(dataset).label}: orders and customers",
            f"{monthly['orders'].sum():,} orders in {len(monthly)} calendar months, without cancellations",
            height=4.0,
        )
        for column, colour, marker in zip(
            ("orders", "customers"), _style.PALETTE, _style.MARKERS, strict=False
        ):
            axes.plot(
                monthly["month"], monthly[column], color=colour, marker=marker, markersize=5, label=column
            )
        axes.set(ylim=(0, None), xlabel="Month", ylabel="Number per month")
        axes.legend(frameon=False, loc="best")
    return figure


def _rate(dataset: str, ordered: pd.DataFrame) -> _style.Picture:
    """Draw the outcome's rate along the rows in time order."""
    block = np.arange(len(ordered)) * BLOCKS // len(ordered)
    rate = ordered.groupby(block)["outcome"].mean()
    with _style.look():
        figure, axes = _style.canvas(
            f"{described(dataset).label}: the outcome over time",
            f"{len(ordered):,} rows in time order, {BLOCKS} blocks of equal counts",
            height=3.8,
        )
        axes.plot((rate.index + 0.5) / BLOCKS, rate, color=_style.PALETTE[0], marker="o", markersize=4)
        axes.axhline(ordered["outcome"].mean(), color=_style.QUIET, linestyle=":", label="all rows")
        axes.set(xlim=(0, 1), ylim=(0, None), xlabel="Place in time order", ylabel="Share with outcome 1")
        _style.percent(axes.xaxis)
        _style.percent(axes.yaxis)
        axes.legend(frameon=False)
    return figure
