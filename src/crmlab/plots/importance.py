"""Importance: the AUC that each model loses without a column, with its interval."""

from __future__ import annotations

from typing import Any

import numpy as np

from crmlab import registry
from crmlab.errors import NotApplicable
from crmlab.plots import _style

SUBJECT = "importance"
SHOWN = 10
LONGEST = 24
"""Characters of a column's name."""
TITLE = 36


def draw(found: Any) -> _style.Picture:
    """Show the columns that matter most to each model, the largest loss on top.

    Read an interval that reaches the line at 0 as: shuffling this column costs nothing that is
    established. A square stands for columns that say nearly the same, shuffled together: their
    common loss is larger than that of each where they share their credit. found: a
    `why.importance.Importance`. Raises NotApplicable where it is None or empty.
    """
    if found is None or found.table.empty:
        raise NotApplicable("no model's importance was measured")
    methods = list(found.table["method"].unique())
    title = f"{registry.find('tasks', found.task).label} · {found.problem}: permutation importance"
    with _style.look():
        figure, grid = _style.canvas(
            title,
            f"loss of AUC when a column is shuffled, on {found.rows:,} test rows of the last window; "
            f"{found.level:.0%} intervals (test customers, permutations); squares: columns shuffled together"
            + (f"; {found.stand_in}" if found.stand_in else ""),
            columns=len(methods),
            height=4.4,
            squeeze=False,
        )
        for axes, method in zip(grid[0], methods, strict=True):
            _panel(axes, found.top(method, SHOWN))
    return figure


def _panel(axes: Any, top: Any) -> None:
    """Draw one model's columns."""
    at = np.arange(len(top))
    for place, row in zip(at, top.itertuples(), strict=True):
        colour = _style.PALETTE[0] if row.lower > 0 else _style.QUIET
        axes.hlines(place, row.lower, row.upper, color=colour, linewidth=1.8)
        axes.plot(row.auc_drop, place, "s" if row.together else "o", color=colour, markersize=6)
    axes.axvline(0, color="black", linewidth=1)
    names = [_name(row) for row in top.itertuples()]
    axes.set_yticks(at, names, fontsize="small")
    axes.invert_yaxis()
    axes.grid(axis="y", visible=False)
    axes.set(xlabel="Loss of AUC")
    label = _style.shorten(top["label"].iloc[0], TITLE)
    axes.set_title(f"{label}\nAUC {top['auc'].iloc[0]:.3f}", fontsize="small")


def _name(row: Any) -> str:
    """Return the name of a column; of a group its first column and how many more there are."""
    first = _style.shorten(row.columns[0], LONGEST)
    return f"{first} + {len(row.columns) - 1} like it" if row.together else first
