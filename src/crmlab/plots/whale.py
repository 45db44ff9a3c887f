"""Whale curve: how much of all spend the customers with the highest predictions make."""

from __future__ import annotations

from typing import Any

import numpy as np

from crmlab.comparison.answers import by_window
from crmlab.errors import NotApplicable
from crmlab.maths import ranking
from crmlab.plots import _style
from crmlab.vocabulary import CHANCE

DEPTHS = np.linspace(0, 1, 201)


def draw(comparison: Any) -> _style.Picture:
    """Show the share of realised spend over the share of customers, highest predictions first.

    The mean over windows, first fits. Dotted: customers in the order of what they spent, the most any
    list can do. A curve that is steep at the left has found the whales. Ties count as a random order.
    Raises NotApplicable where no method predicted spend.
    """
    methods = predicted(comparison)
    with _style.look():
        figure, axes = _style.canvas(
            _style.named(comparison, "whale curve"), "mean over windows, first fits", height=4.8
        )
        axes.plot(
            DEPTHS,
            _curve(comparison, methods[0], "value"),
            color=_style.QUIET,
            linestyle=":",
            label="Perfect order",
        )
        for method in methods:
            axes.plot(DEPTHS, _curve(comparison, method, "score"), **_style.line(comparison, method))
        axes.plot([0, 1], [0, 1], color=_style.CONTROL[CHANCE], linewidth=1.2, label="Random order", zorder=1)
        axes.set(xlim=(0, 1), ylim=(0, 1.01), xlabel="Share of customers, highest predictions first")
        axes.set_ylabel("Share of all spend (revenue)")
        _style.percent(axes.xaxis)
        _style.percent(axes.yaxis)
        _style.legend_below(figure, axes)
    return figure


def predicted(comparison: Any) -> list[str]:
    """Return the methods that predicted spend with intervals, best first, without chance.

    Raises NotApplicable where there is none.
    """
    able = _style.answered(comparison, "upper")
    found = [m for m in able if comparison.run_of(m).control != CHANCE]
    if not found:
        raise NotApplicable("no method predicted spend")
    return found


def _curve(comparison: Any, method: str, order: str) -> np.ndarray:
    """Return the share of spend reached at DEPTHS in an order, the mean over windows with any spend."""
    curves = []
    for frame in by_window(comparison, method):
        if frame["value"].any():
            reached = ranking.gains(frame["value"].to_numpy(), frame[order].to_numpy())
            curves.append(np.interp(DEPTHS, *reached))
    return np.mean(curves, axis=0) if curves else np.full(len(DEPTHS), np.nan)
