"""Windows: the primary metric over time, or over the splits of a cross-validation."""

from __future__ import annotations

import textwrap
from typing import Any

import numpy as np
import pandas as pd

from crmlab import registry
from crmlab.errors import NotApplicable
from crmlab.plots import _style
from crmlab.seeds import generator
from crmlab.vocabulary import CHANCE


def draw(comparison: Any) -> _style.Picture:
    """Show each method's primary metric in every window.

    With several cutoffs: lines over time; look whether the order of the methods stays. Else: one
    dot per fit (split, or refit with another seed) and the estimate as a bar; look how far luck
    moves a method. Raises NotApplicable where no method has a value.
    """
    folds = comparison.scores.folds
    own = folds[folds["metric"] == comparison.primary].dropna(subset="value") if len(folds) else folds
    if own.empty:
        raise NotApplicable("no method has a value")
    known = comparison.problem.facts
    times = {w["window"]: _time(w) for w in known.get("windows", known["folds"])}
    timed = len(times) > 1 and all(times.values())
    return _over_time(comparison, own, times) if timed else _dots(comparison, own)


def _time(window: dict[str, Any]) -> str:
    """Return when a window was tested: its cutoff or periods; nothing where there is no time."""
    first, last = window.get("test_periods") or (None, None)
    return window["cutoff"] or ("" if first is None else f"{first}" if first == last else f"{first}–{last}")


def _over_time(comparison: Any, own: pd.DataFrame, times: dict[int, str]) -> _style.Picture:
    """Draw one line per method over cutoffs or periods (the mean over the refits of a window)."""
    metric = registry.metric(comparison.primary)
    wide = own.pivot_table(index="window", columns="method", values="value")
    with _style.look():
        figure, axes = _style.canvas(
            _style.named(comparison, "window by window"), "each point is one test window", height=5.0
        )
        for method in comparison.order():
            if method in wide:
                marker = _style.markers(comparison)[method]
                axes.plot(wide.index, wide[method], marker=marker, **_style.line(comparison, method))
        axes.set_xticks(wide.index, [times[w] for w in wide.index], rotation=30 if len(wide) > 6 else 0)
        axes.set(xlabel="Cutoff, or periods tested", ylabel=textwrap.fill(_style.metric_title(metric), 42))
        axes.margins(x=0.08)
        _style.legend_below(figure, axes)
    return figure


def _dots(comparison: Any, own: pd.DataFrame) -> _style.Picture:
    """Draw one dot per fit and the mean of each method, best on top."""
    metric = registry.metric(comparison.primary)
    methods = [m for m in comparison.order() if m in set(own["method"])]
    fits = own.groupby("method").size().max()
    colours = _style.colours(comparison)
    with _style.look():
        figure, axes = _style.canvas(
            _style.named(comparison, "fit by fit"),
            f"one dot per fit ({fits} each), bar: their mean",
            height=1.5 + 0.38 * len(methods),
        )
        chance = comparison.scores.chance[comparison.primary]
        if np.isfinite(chance):
            axes.axvline(chance, color=_style.CONTROL[CHANCE], linestyle=":", zorder=1)
        for place, method in enumerate(methods):
            values = own.loc[own["method"] == method, "value"]
            spread = generator(0, "windows", method).uniform(-0.22, 0.22, len(values))
            axes.plot(values, place + spread, "o", color=colours[method], alpha=0.6, markersize=5)
            axes.plot([values.mean()] * 2, [place - 0.32, place + 0.32], color=colours[method], linewidth=2.5)
        axes.set_yticks(range(len(methods)), [comparison.run_of(m).label for m in methods])
        axes.set(ylim=(len(methods) - 0.4, -0.6), xlabel=_style.metric_title(metric))
        axes.grid(axis="y", visible=False)
    return figure
