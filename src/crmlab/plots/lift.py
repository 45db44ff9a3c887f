"""Lift: how many times the base rate the best-scored customers respond, by how many are taken."""

from __future__ import annotations

from typing import Any

import numpy as np

from crmlab.plots import _band, _style
from crmlab.vocabulary import CHANCE

DEPTHS = np.geomspace(0.01, 1, 121)
MARKED = (0.05, 0.1, 0.2)
"""Depths whose numbers are written: those of the metrics."""


def draw(comparison: Any) -> _style.Picture:
    """Show the rate among the best-scored customers over the base rate, by contact depth.

    Read it upwards from a budget: at 5 % a lift of 4 means that the best-scored twentieth responds
    four times as often as all. The depth axis is logarithmic, because budgets are small. The band
    is the champion's; ties count as a random order. Mean over windows, first fits. Raises
    NotApplicable where no method answered with scores.
    """
    methods, best = _style.scored(comparison), comparison.verdict.champion
    with _style.look():
        figure, axes = _style.canvas(
            _style.named(comparison, "lift by contact depth"),
            f"mean over windows, first fits; {comparison.level:.0%} {_band.VARIES}",
            height=5.0,
        )
        for method in methods:
            heights = _band.curve(comparison, method, DEPTHS, lift)
            axes.plot(DEPTHS, heights, **_style.line(comparison, method))
        if best in methods:
            _champion(axes, comparison, best)
        axes.axhline(1, color=_style.CONTROL[CHANCE], linewidth=1.2, label="Random order", zorder=1)
        axes.set_xscale("log")
        ticks = (0.01, 0.02, *MARKED, 0.5, 1.0)
        axes.set_xticks(ticks, [f"{t:.0%}" for t in ticks])
        axes.minorticks_off()
        axes.set(xlim=(DEPTHS[0], 1), ylim=(0, None))
        axes.set(xlabel="Share contacted, best scores first", ylabel="Lift: rate over the base rate")
        _style.legend_below(figure, axes)
    return figure


def lift(ones: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Return the lift (b, d) of depths that reach these shares of 1s and rows; the last depth is all."""
    return ones / rows / ones[:, -1:]


def _champion(axes: Any, comparison: Any, method: str) -> None:
    """Draw the champion's band, and its lift at the marked depths."""
    colour = _style.colours(comparison)[method]
    lower, upper = _band.band(comparison, method, DEPTHS, lift)
    axes.fill_between(DEPTHS, lower, upper, color=colour, alpha=0.15, linewidth=0, zorder=1)
    at = np.array([*MARKED, 1.0])
    heights = _band.curve(comparison, method, at, lift)
    ends = np.column_stack(_band.band(comparison, method, at, lift))
    for depth, height, (low, high) in zip(MARKED, heights, ends, strict=False):
        axes.plot(depth, height, "o", color=colour, markersize=6, zorder=5)
        axes.annotate(
            f"{height:.1f} [{low:.1f}, {high:.1f}]",
            (depth, height),
            xytext=(8, 10),
            textcoords="offset points",
            fontsize="small",
            color=colour,
            zorder=6,
            bbox={"facecolor": "white", "edgecolor": "none", "alpha": 0.8, "pad": 1},
        )
