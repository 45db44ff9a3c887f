"""Rules as a network: products that go together, a line for each pair that survives."""

from __future__ import annotations

from math import ceil, cos, pi, sin
from typing import Any

import pandas as pd

from crmlab.plots import _style
from crmlab.plots._pairs import LONGEST, surviving_pairs

MOST = 30
COLUMNS = 4
SUBTITLE = (
    "a line joins two products whose rule survives out of time and against chance; its number and its width "
    "say how many times as often as by chance they are bought together"
)


def draw(found: Any) -> _style.Picture:
    """Show which products go together, by groups that hang together, the largest first.

    found: product rules. Raises NotApplicable where no pair survives.
    """
    pairs = surviving_pairs(found, MOST)
    groups = grouped(pairs)
    rows = ceil(len(groups) / COLUMNS)
    with _style.look():
        figure, grid = _style.canvas(
            f"Products that go together, in {found.second}",
            SUBTITLE,
            rows=rows,
            columns=COLUMNS,
            height=1.1 + 1.7 * rows,
            squeeze=False,
        )
        widest = pairs["lift"].max()
        for axes, group in zip(grid.ravel(), groups, strict=False):
            _group(axes, group, pairs, widest)
        for axes in grid.ravel()[len(groups) :]:
            axes.remove()
    return figure


def grouped(pairs: pd.DataFrame) -> list[list[str]]:
    """Return the groups of items that hang together, the largest first, items sorted."""
    of: dict[str, set[str]] = {}
    for row in pairs.itertuples():
        joined = of.get(row.one, {row.one}) | of.get(row.two, {row.two})
        for item in joined:
            of[item] = joined
    each = {tuple(sorted(group)) for group in of.values()}
    return [list(group) for group in sorted(each, key=lambda g: (-len(g), g))]


def _group(axes: Any, group: list[str], pairs: pd.DataFrame, widest: float) -> None:
    """Draw a group on a circle."""
    turn = {item: pi / 2 + 2 * pi * i / len(group) for i, item in enumerate(group)}
    at = {item: (cos(t), sin(t)) for item, t in turn.items()}
    for row in pairs[pairs["one"].isin(group)].itertuples():
        (x1, y1), (x2, y2) = at[row.one], at[row.two]
        width = 0.8 + 4.5 * row.lift / widest
        axes.plot([x1, x2], [y1, y2], color=_style.PALETTE[4], linewidth=width, zorder=1)
        axes.text(
            (x1 + x2) / 2,
            (y1 + y2) / 2,
            f"{row.lift:.1f}",
            fontsize="xx-small",
            ha="center",
            va="center",
            bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.8},
            zorder=4,
        )
    for item, (x, y) in at.items():
        axes.plot([x], [y], "o", color=_style.PALETTE[0], markersize=6, zorder=3)
        name = _style.shorten(item, LONGEST)
        axes.text(
            x,
            y + (0.16 if y >= 0 else -0.16),
            name,
            ha="center",
            fontsize="xx-small",
            va="bottom" if y >= 0 else "top",
            zorder=5,
        )
    axes.set(xlim=(-1.9, 1.9), ylim=(-1.6, 1.6))
    axes.set_axis_off()
