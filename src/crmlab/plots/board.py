"""The board: every method by the primary metric, with intervals and the ends of the scale."""

from __future__ import annotations

from typing import Any

import numpy as np

from crmlab import registry
from crmlab.errors import NotApplicable
from crmlab.plots import _style
from crmlab.vocabulary import CHANCE, ORACLE, STATUS_QUO

TAG = {CHANCE: " (chance)", STATUS_QUO: " (status quo)", ORACLE: ""}


def draw(comparison: Any) -> _style.Picture:
    """Show the primary metric of every method with its interval, best on top.

    Read it from the top: a method whose interval lies beyond the dotted line is better than an
    uninformative answer. Whether two methods differ is told by `differences`, not by overlap here.
    Raises NotApplicable where no method has a value.
    """
    metric = registry.metric(comparison.primary)
    values = comparison.of_metric(comparison.primary).set_index("method")
    order = comparison.order()
    if values["value"].isna().all():
        raise NotApplicable("no method has a value")
    subtitle = f"{comparison.level:.0%} intervals; what varies: {comparison.varies}"
    with _style.look():
        figure, axes = _style.canvas(
            _style.named(comparison, metric.label), subtitle, height=1.7 + 0.38 * len(order)
        )
        for place, method in enumerate(order):
            _row(axes, comparison, method, place, values.loc[method])
        chance = comparison.scores.chance[comparison.primary]
        if np.isfinite(chance):
            axes.axvline(chance, color=_style.CONTROL[CHANCE], linestyle=":", zorder=1)
        labels = [_label(comparison, m) for m in order]
        axes.set_yticks(range(len(order)), labels)
        for tick, method in zip(axes.get_yticklabels(), order, strict=True):
            tick.set_color(_style.QUIET if comparison.run_of(method).control else "black")
            tick.set_fontweight("bold" if method == comparison.verdict.champion else "normal")
        axes.set(ylim=(len(order) - 0.4, -0.6), xlabel=_style.metric_title(metric))
        axes.grid(axis="y", visible=False)
        # room for the numbers at the right, which stand outside the scale
        axes.margins(x=0.05)
    return figure


def _row(axes: Any, comparison: Any, method: str, place: int, row: Any) -> None:
    """Draw one method's estimate with its interval and number, or why there is none."""
    run = comparison.run_of(method)
    at_right = {"transform": axes.get_yaxis_transform(), "va": "center", "fontsize": "small"}
    if np.isnan(row["value"]):
        quiet = {"color": _style.QUIET, "bbox": {"facecolor": "white", "edgecolor": "none", "pad": 1}}
        why = _style.shorten(run.reason or row["reason"], 75)
        axes.text(0.02, place, why, style="italic", ha="left", **quiet, **at_right)
        return
    color = _style.colours(comparison)[method]
    axes.plot([row["lower"], row["upper"]], [place, place], color=color, linewidth=2.2, zorder=3)
    marker = "D" if run.control else "o"
    axes.plot(row["value"], place, marker, color=color, markersize=7, zorder=4)
    text = f"{row['value']:.3f}  [{row['lower']:.3f}, {row['upper']:.3f}]"
    axes.text(1.01, place, text, ha="left", **at_right)


def _label(comparison: Any, method: str) -> str:
    """Return a method's name on the axis, with its place on the scale if it is a control."""
    run = comparison.run_of(method)
    return run.label + TAG.get(run.control, "")
