"""Lift where rules were mined against lift in the next window: how much of it choosing has made."""

from __future__ import annotations

from typing import Any

import numpy as np

from crmlab.errors import NotApplicable
from crmlab.plots import _style

SUBTITLE = (
    "each itemset once, over the mean of shuffled baskets of its window; on the line nothing is lost, on the "
    "dotted one nothing but chance is left; survivors with their interval, customers resampled"
)
LEAST = 0.1
OTHERS = "#BDBDBD"


def draw(found: Any) -> _style.Picture:
    """Show the lifts over the null of the mined itemsets in both windows, the survivors apart.

    found: product rules. Raises NotApplicable where no itemset has a lift in both windows.
    """
    table = found.table.drop_duplicates("items")
    known = np.isfinite(table["train_lift_over_null"]) & np.isfinite(table["lift_over_null"])
    table = table[known]
    if table.empty:
        raise NotApplicable("no itemset has a lift over chance in both windows")
    x, y = table["train_lift_over_null"].clip(lower=LEAST), table["lift_over_null"].clip(lower=LEAST)
    kept = table["survives"]
    with _style.look():
        figure, axes = _style.canvas(
            f"Rules mined in {found.first}, measured in the next window", SUBTITLE, height=5.2
        )
        ends = x.min() * 0.9, x.max() * 1.1
        axes.plot(ends, ends, color=_style.QUIET, linewidth=1, zorder=1)
        axes.axhline(1, color=_style.QUIET, linestyle=":", linewidth=1.2, zorder=1)
        axes.plot(x[~kept], y[~kept], "o", color=OTHERS, markersize=4, label="does not survive", zorder=2)
        axes.vlines(
            x[kept],
            table["lower"][kept].clip(lower=LEAST),
            table["upper"][kept],
            _style.PALETTE[0],
            linewidth=1,
        )
        axes.plot(x[kept], y[kept], "D", color=_style.PALETTE[0], markersize=5, label="survives", zorder=3)
        axes.set(xscale="log", yscale="log", xlabel="Lift over chance where it was mined")
        axes.set(ylabel=f"In the next window (below {LEAST:g}: drawn there)")
        for axis in (axes.xaxis, axes.yaxis):
            axis.set_major_formatter(lambda value, _: f"{value:g}")
            axis.set_minor_formatter(lambda value, _: "")
        _style.legend_below(figure, axes)
    return figure
