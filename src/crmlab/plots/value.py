"""Value: what the customers of each segment spend after the cutoff."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from crmlab.comparison.answers import segmented
from crmlab.errors import NotApplicable
from crmlab.plots import _points, _style
from crmlab.seeds import generator

REPLICATES = 1000


def draw(comparison: Any, method: str | None = None) -> _style.Picture:
    """Show each segment's share of customers and of next-window value, its buyers and its mean value.

    Segments that matter differ at the right: in how many buy again and in what a customer spends
    in the window after the cutoff, which no method saw. Bars are bootstrap 95 % intervals over
    customers. Last window. method: default the one to use. Raises NotApplicable where the solution
    holds no value.
    """
    method, frames = segmented(comparison, method)
    frame = frames[-1]
    if "value" not in frame:
        raise NotApplicable("the solution holds no value")
    table = _by_segment(frame)
    places = np.arange(len(table))
    colours = [_style.segment_colour(s) for s in table.index]
    with _style.look():
        figure, (shares, buyers, means) = _style.canvas(
            _style.named(
                comparison, f"next-window value of the segments of {comparison.run_of(method).label}"
            ),
            f"{len(frame):,} customers, the window after {frame['origin'].iloc[0]:%Y-%m-%d}",
            columns=3,
            height=2.0 + 0.5 * len(table),
            sharey=True,
        )
        shares.barh(places - 0.19, table["customers"], 0.36, color="#D0D0D0", label="of customers")
        shares.barh(places + 0.19, table["worth"], 0.36, color=colours)
        shares.set(xlabel="Customers (grey), revenue")
        for axes, name in ((buyers, "buys"), (means, "value")):
            axes.barh(places, table[name], 0.6, color=colours)
            ends = [table[name] - table[f"{name}_lower"], table[f"{name}_upper"] - table[name]]
            axes.errorbar(table[name], places, xerr=ends, fmt="none", ecolor="#303030", elinewidth=1.3)
        buyers.set(xlabel="Share that buys")
        means.set(xlabel="Mean revenue of a customer")
        for axes in (shares, buyers):
            _style.percent(axes.xaxis)
        shares.set_yticks(places, _points.called(comparison, method, table.index), fontsize="small")
        shares.invert_yaxis()
        for axes in (shares, buyers, means):
            axes.grid(axis="y", visible=False)
    return figure


def _by_segment(frame: pd.DataFrame) -> pd.DataFrame:
    """Return, per segment: shares of customers and worth; buys and value with bootstrap intervals."""
    total = frame["value"].sum()
    rows = {}
    for segment, part in frame.groupby("segment"):
        value, bought = part["value"].to_numpy(), (part["outcome"] == 0).to_numpy(dtype=float)
        drawn = generator(0, "value", segment).integers(0, len(part), (REPLICATES, len(part)))
        row = {"customers": len(part) / len(frame), "worth": value.sum() / total if total else np.nan}
        for name, observed in (("buys", bought), ("value", value)):
            lower, upper = np.quantile(observed[drawn].mean(axis=1), [0.025, 0.975])
            middle = observed.mean()
            row |= {name: middle, f"{name}_lower": min(lower, middle), f"{name}_upper": max(upper, middle)}
        rows[segment] = row
    return pd.DataFrame.from_dict(rows, orient="index")
