"""Gains: which share of the positives a contact depth reaches."""

from __future__ import annotations

from typing import Any

import numpy as np

from crmlab.comparison.answers import by_window
from crmlab.maths import ranking
from crmlab.plots import _style
from crmlab.problems import censoring
from crmlab.problems.coming_back import outcome_word
from crmlab.vocabulary import CHANCE

DEPTHS = np.linspace(0, 1, 201)


def draw(comparison: Any) -> _style.Picture:
    """Show the cumulative gains curve of every method, the mean over windows.

    Read the left panel upwards from a budget: contacting the best-scored 20 % reaches the curve's
    height of all positives. The right panel shows the same less what a random order reaches, which
    tells methods apart where most customers are positive. Dotted: a perfect order. Ties count as a
    random order. Where some rows were censored, each end counts for those that were not followed for so long.
    Raises NotApplicable where no method answered with scores.
    """
    methods = _style.scored(comparison)
    positive = outcome_word(comparison.problem)
    with _style.look():
        figure, (left, right) = _style.canvas(
            _style.named(comparison, "cumulative gains"),
            "mean over windows, first fits",
            columns=2,
            height=4.6,
        )
        _both(
            left,
            right,
            _perfect(comparison, methods[0]),
            color=_style.QUIET,
            linestyle=":",
            label="Perfect order",
        )
        for method in methods:
            _both(left, right, _curve(comparison, method), **_style.line(comparison, method))
        left.plot([0, 1], [0, 1], color=_style.CONTROL[CHANCE], linewidth=1.2, label="Random order", zorder=1)
        right.axhline(0, color=_style.CONTROL[CHANCE], linewidth=1.2, zorder=1)
        left.set(ylim=(0, 1.01), ylabel=f"Share of those who {positive} reached")
        right.set(ylabel="More than a random order reaches")
        for axes in (left, right):
            axes.set(xlim=(0, 1), xlabel="Share contacted, best scores first")
            _style.percent(axes.xaxis)
            _style.percent(axes.yaxis)
        _style.legend_below(figure, left)
    return figure


def _both(left: Any, right: Any, curve: np.ndarray, **drawn: Any) -> None:
    """Draw a gains curve as it is, and over a random order."""
    left.plot(DEPTHS, curve, **drawn)
    right.plot(DEPTHS, curve - DEPTHS, **drawn)


def _curve(comparison: Any, method: str) -> np.ndarray:
    """Return a method's share of positives reached at DEPTHS, the mean over windows with both classes."""
    curves = []
    for frame in by_window(comparison, method):
        counted = censoring.counted(frame)
        if counted.any():
            contacted, captured = ranking.gains(counted, frame["score"].to_numpy())
            curves.append(np.interp(DEPTHS, contacted, captured))
    return np.mean(curves, axis=0) if curves else np.full(len(DEPTHS), np.nan)


def _perfect(comparison: Any, method: str) -> np.ndarray:
    """Return the gains of an order that puts every positive first, the mean over windows."""
    rates = [censoring.counted(frame).mean() for frame in by_window(comparison, method)]
    return np.mean([np.minimum(1.0, DEPTHS / max(rate, 1e-9)) for rate in rates], axis=0)
