"""Shapes: the curves and the pairs of the explainable boosting machine."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.ticker import MaxNLocator

from crmlab.comparison.run import load_model
from crmlab.errors import NotApplicable
from crmlab.explain.shapes import Curve, Pair, curves, pairs
from crmlab.explain.window import boosting, last_window
from crmlab.maths.encoding import levels_of
from crmlab.plots import _style

CURVES = 8
PAIRS = 2
ACROSS = 4
LEVELS = 8
"""Levels of a text that are drawn, those with the most train rows."""

OUTER = (0.01, 0.99)
"""Quantiles of the train rows between which a curve is drawn: beyond them it stands on few."""


def draw(comparison: Any) -> _style.Picture:
    """Show what the most important columns add to the log odds, and the two strongest pairs.

    Read a curve against 0: above it a value raises the odds of a positive outcome, everything else
    equal; one unit multiplies them by 2.7. Thin grey lines are the curves of earlier windows: where
    they part, the shape has changed or was never sure. The strip below shows where the train rows lie
    (darker: more). Last window. Raises NotApplicable where no explainable boosting machine took part.
    """
    run = boosting(comparison)
    if run is None:
        raise NotApplicable("no explainable boosting machine in this comparison")
    window, last = last_window(comparison), max(run.details)
    shown = curves(run.details[last])[:CURVES]
    earlier = [{c.column: c for c in curves(run.details[f])} for f in sorted(run.details) if f != last]
    strongest = pairs(load_model(run.key))[:PAIRS]
    rows = -(-len(shown) // ACROSS)
    with _style.look():
        figure, grid = _style.canvas(
            _style.named(comparison, f"shapes of {run.label.lower()}"),
            "log odds added, the most important column first; grey: earlier windows; strip: train rows",
            rows=rows + bool(strongest),
            columns=ACROSS,
            height=2.1 * rows + (2.9 if strongest else 0.3),
            squeeze=False,
            height_ratios=[1] * rows + [1.4] * bool(strongest),
        )
        for axes in grid.flat[len(shown) :]:
            axes.remove()
        for axes, curve in zip(grid.flat, shown, strict=False):
            before = [others[curve.column] for others in earlier if curve.column in others]
            _curve(axes, curve, before, window.train[curve.column])
        for place, pair in enumerate(strongest):
            side = grid[0, 0].get_gridspec()[rows, 2 * place : 2 * place + 2]
            _pair(figure, figure.add_subplot(side), pair)
    return figure


def _curve(axes: Any, curve: Curve, before: list[Curve], train: pd.Series) -> None:
    """Draw one column's curve over those of earlier windows."""
    if curve.levels is None:
        axes.axhline(0, color="black", linewidth=0.8, zorder=1)
        _steps(axes, curve, before, train.dropna().to_numpy(dtype=float))
    else:
        _bars(axes, curve, before, levels_of(train.to_frame()).iloc[:, 0])
    axes.set_title(_style.shorten(curve.column, 22), fontsize="small")
    axes.tick_params(labelsize="x-small")


def _steps(axes: Any, curve: Curve, before: list[Curve], known: np.ndarray) -> None:
    """Draw the steps of a number between its outer quantiles, and where the train rows lie."""
    if not len(known):
        return
    low, high = np.quantile(known, OUTER)
    for one in [*before, curve]:
        ends = np.concatenate([[low], one.cuts[(one.cuts > low) & (one.cuts < high)], [high]])
        height = one.log_odds[np.searchsorted(one.cuts, ends[:-1], side="right")]
        last = one is curve
        look = {"color": _style.PALETTE[0], "zorder": 3} if last else {"color": _style.REST, "linewidth": 0.9}
        axes.stairs(height, ends, baseline=None, **look)
    counts, _ = np.histogram(known, bins=60, range=(low, high) if high > low else None)
    bottom, top = axes.get_ylim()
    below = bottom - 0.12 * (top - bottom)
    extent = (low, max(high, low + 1e-9), below, below + 0.08 * (top - bottom))
    axes.imshow(np.sqrt(counts)[None, :], extent=extent, aspect="auto", cmap="Greys", zorder=2)
    axes.set(ylim=(below, top), xlim=extent[:2])
    axes.xaxis.set_major_locator(MaxNLocator(3))
    axes.yaxis.set_major_locator(MaxNLocator(4))


def _bars(axes: Any, curve: Curve, before: list[Curve], values: pd.Series) -> None:
    """Draw the levels with the most train rows, the highest log odds on top of the list."""
    counts = values.value_counts()
    odds = dict(zip(curve.levels, curve.log_odds, strict=True))
    frequent = sorted(odds, key=lambda name: -counts.get(name, 0))[:LEVELS]
    names = sorted(frequent, key=lambda name: odds[name])
    axes.axvline(0, color="black", linewidth=0.8, zorder=1)
    axes.barh(range(len(names)), [odds[n] for n in names], color=_style.PALETTE[0], height=0.6, zorder=2)
    for one in before:
        earlier = dict(zip(one.levels or (), one.log_odds, strict=False))
        at = [place for place, n in enumerate(names) if n in earlier]
        axes.plot([earlier[names[p]] for p in at], at, "|", color=_style.QUIET, zorder=3)
    axes.set_yticks(range(len(names)), [_style.shorten(n, 12) for n in names])
    axes.xaxis.set_major_locator(MaxNLocator(3))
    axes.grid(axis="y", visible=False)


def _pair(figure: Any, axes: Any, pair: Pair) -> None:
    """Draw what two columns add together as a map: blue raises the odds, red lowers them."""
    limit = max(float(np.abs(pair.log_odds).max()), 1e-9)
    drawn = axes.imshow(pair.log_odds.T, origin="lower", aspect="auto", cmap="RdBu", vmin=-limit, vmax=limit)
    for axis, side, size in zip((axes.xaxis, axes.yaxis), pair.sides, pair.log_odds.shape, strict=True):
        places, names = _ticks(side, size)
        axis.set_ticks(places, names, fontsize="x-small")
    axes.set(xlabel=pair.columns[0], ylabel=_style.shorten(pair.columns[1], 20))
    axes.xaxis.label.set_fontsize("small")
    axes.yaxis.label.set_fontsize("small")
    axes.set_title(" × ".join(_style.shorten(c, 22) for c in pair.columns), fontsize="small")
    axes.grid(visible=False)
    figure.colorbar(drawn, ax=axes, pad=0.02).ax.tick_params(labelsize="x-small")


def _ticks(side: Any, size: int) -> tuple[list[float], list[str]]:
    """Return at most five places along a side of a map, and their names: levels, or edges of steps."""
    if len(side) == size and isinstance(side[0], str):
        chosen = range(0, size, -(-size // 5))
        return list(chosen), [_style.shorten(side[i], 9) for i in chosen]
    chosen = range(0, len(side), max(1, -(-len(side) // 5)))
    return [i + 0.5 for i in chosen], [f"{side[i]:.4g}" for i in chosen]
