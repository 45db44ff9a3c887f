"""Exposure: how evenly the lists of each method show the assortment."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from crmlab.comparison.answers import by_window
from crmlab.errors import NotApplicable
from crmlab.maths.next_basket.texts import items_of
from crmlab.plots import _style

PLACES: Final = 10
GRID = np.linspace(0, 1, 201)


def draw(comparison: Any) -> _style.Picture:
    """Show which share of all places the items that are shown most often take, for every method.

    Read it from the left: where a curve is at 1 the rest of the assortment is never shown. On the diagonal
    every item would be shown as often as any other. Mean over windows. Raises NotApplicable where no method
    answered with lists.
    """
    methods = _style.answered(comparison, "offered")
    if not methods:
        raise NotApplicable("no method answered with lists of items")
    with _style.look():
        figure, axes = _style.canvas(
            _style.named(comparison, "how evenly lists show the assortment"),
            "first ten places of every list, mean over windows",
            height=4.8,
        )
        for method in methods:
            axes.plot(GRID, _curve(comparison, method), **_style.line(comparison, method))
        axes.plot([0, 1], [0, 1], color=_style.QUIET, linewidth=1, linestyle=":", label="All alike", zorder=1)
        axes.set(
            xlim=(0, 1),
            ylim=(0, 1.01),
            xlabel="Share of the assortment, what is shown most first",
            ylabel="Share of all places",
        )
        _style.percent(axes.xaxis)
        _style.percent(axes.yaxis)
        _style.legend_below(figure, axes)
    return figure


def _curve(comparison: Any, method: str) -> np.ndarray:
    """Return the share of places that the items shown most often take at GRID, mean over windows."""
    curves = []
    for frame in by_window(comparison, method):
        shown = [item for text in frame["offered"] for item in items_of(text)[:PLACES]]
        counts = np.sort(np.unique(np.array(shown, dtype=np.str_), return_counts=True)[1])[::-1]
        known = int(frame["assortment"].max())
        reached = np.concatenate([[0], np.cumsum(counts), np.full(known - len(counts), counts.sum())])
        curves.append(np.interp(GRID, np.linspace(0, 1, known + 1), reached / max(counts.sum(), 1)))
    return np.mean(curves, axis=0)
