"""Drift: how base rate, scores and columns moved from the train rows to each test window."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from crmlab.comparison.answers import by_window
from crmlab.findings.trust import drift
from crmlab.plots import _style

SHOWN = 10
"""Columns that are drawn, those that moved most in any window."""

LONGEST = 24
"""Characters of a column's name."""

SUBTITLE = (
    "scores: how far each method's moved, dotted what chance would do to the champion's; columns: the last "
    "window (blue), earlier ones (grey), ticks where chance stays below"
)


def draw(comparison: Any) -> _style.Picture:
    """Show what moved between training and each test window.

    Top left: the base rate in training and in the test window, the latter with the interval of the
    change, and the champion's mean score: where it stays behind the test rate, the champion expects
    yesterday's customers. Bottom left: how far each method's scores moved from the inner hold-out
    of the train rows, in the score's own unit, below a dotted line where chance alone would do it.
    Right: the columns that moved most, the largest difference in shares (0 to 1) that any cut shows;
    filled is the last window, a tick what chance alone stays below. Raises NotApplicable where the
    split is random or there are no train rows.
    """
    found = drift.find(comparison)
    with _style.look():
        figure, grid = _style.canvas(
            _style.named(comparison, "drift from training to test"),
            SUBTITLE,
            rows=2,
            columns=2,
            height=5.4,
        )
        for axes in grid[:, 1]:
            axes.remove()
        _rates(grid[0, 0], comparison, found.rates)
        _scores(grid[1, 0], comparison, found.scores)
        _columns(figure.add_subplot(grid[0, 0].get_gridspec()[:, 1]), found.table)
        for axes in grid[:, 0]:
            _windows(axes, found.rates)
        _style.legend_below(figure, grid[1, 0])
    return figure


def _rates(axes: Any, comparison: Any, rates: pd.DataFrame) -> None:
    """Draw the base rates of each window, and the champion's mean score where it is a probability."""
    at = rates["window"]
    axes.plot(at, rates["train_rate"], "s--", color=_style.QUIET, label="training")
    ends = rates["train_rate"] + rates["lower"], rates["train_rate"] + rates["upper"]
    axes.vlines(at, *ends, color="black", linewidth=1.5)
    axes.plot(at, rates["test_rate"], "o-", color="black", label="test")
    best = comparison.verdict.champion
    if best in _style.answered(comparison, "score"):
        scores = [frame["score"] for frame in by_window(comparison, best)]
        if all(s.between(0, 1).all() for s in scores):
            means = [s.mean() for s in scores]
            colour = _style.colours(comparison)[best]
            axes.plot(at, means, "D:", color=colour, label="mean score of the champion", zorder=4)
    axes.set(ylim=(0, None), title="Base rate")
    _style.percent(axes.yaxis)
    axes.legend(fontsize="x-small", frameon=True, loc="best")


def _scores(axes: Any, comparison: Any, shifts: pd.DataFrame) -> None:
    """Draw how far each method's scores moved, and what chance would do to the champion's."""
    axes.set(title="Shift of scores")
    if shifts.empty:
        axes.text(0.5, 0.5, "no inner hold-out to compare with", ha="center", va="center", color=_style.QUIET)
        return
    for method, own in shifts.groupby("method", sort=False):
        marker = _style.markers(comparison)[method]
        axes.plot(own["window"], own["shift"], marker=marker, **_style.line(comparison, method))
        if method == comparison.verdict.champion:
            look = {"color": _style.colours(comparison)[method], "linestyle": ":", "linewidth": 1.4}
            axes.plot(own["window"], own["noise"], marker="_", markersize=12, **look)
    axes.set(ylim=(0, None))


def _columns(axes: Any, shifts: pd.DataFrame) -> None:
    """Draw the columns that moved most, one dot per window."""
    most = shifts.groupby("column")["shift"].max().sort_values(ascending=False, kind="stable").index[:SHOWN]
    last = shifts["window"].max()
    for place, column in enumerate(most):
        own = shifts[shifts["column"] == column]
        final = own[own["window"] == last]
        axes.plot(own["shift"], np.full(len(own), place), "o", color=_style.REST, markersize=5, zorder=2)
        axes.plot(final["shift"], [place], "o", color=_style.PALETTE[0], markersize=7, zorder=3)
        axes.plot(final["noise"], [place], "|", color="black", markersize=12, zorder=4)
    axes.set_yticks(range(len(most)), [_style.shorten(c, LONGEST) for c in most])
    axes.set(xlim=(0, max(0.2, 1.08 * shifts["shift"].max())), ylim=(len(most) - 0.4, -0.6))
    axes.set(title="Columns that moved most", xlabel="Largest difference in shares")
    axes.grid(axis="y", visible=False)


def _windows(axes: Any, rates: pd.DataFrame) -> None:
    """Write the windows under an axis: their cutoffs, else their numbers."""
    cutoffs = rates["cutoff"].notna().all()
    names = rates["cutoff"] if cutoffs else rates["window"] + 1
    turned = {"rotation": 30, "ha": "right"} if cutoffs and len(rates) > 3 else {}
    axes.set_xticks(rates["window"], names, fontsize="small", **turned)
    axes.set_xlim(rates["window"].min() - 0.4, rates["window"].max() + 0.4)
    axes.set_xlabel("Cutoff" if cutoffs else "Window", fontsize="small")
