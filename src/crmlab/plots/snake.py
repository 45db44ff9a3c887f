"""Snake plot: the segments' profiles as lines over the columns."""

from __future__ import annotations

from typing import Any

import numpy as np

from crmlab.comparison.answers import segmented
from crmlab.errors import NotApplicable
from crmlab.maths.encoding import segment_input
from crmlab.plots import _style
from crmlab.plots._points import called, clustered


def draw(comparison: Any, method: str | None = None) -> _style.Picture:
    """Show each segment's mean of every clustered column, in standard deviations from all customers.

    Columns stand on the scale that is clustered (signed logarithm, outer 1 % pulled in). Lines that
    run in parallel tell segments apart by level only, such as more of everything; lines that cross
    tell kinds of customers apart. The width of a line says how many customers it stands for. Last
    window. method: default the one to use. Raises NotApplicable without segments, or with one.
    """
    method, frames = segmented(comparison, method)
    frame, columns = frames[-1], clustered(comparison)
    if frame["segment"].nunique() < 2:
        raise NotApplicable(f"{comparison.run_of(method).label} has one segment")
    scaled = segment_input().fit_transform(frame[columns])
    segment = frame["segment"].to_numpy()
    with _style.look():
        figure, axes = _style.canvas(
            _style.named(comparison, f"profiles of {comparison.run_of(method).label}"),
            "mean of each segment, in standard deviations from all customers; line width: share of customers",
            height=4.4,
        )
        axes.axhline(0, color="black", linewidth=1, zorder=1)
        numbers = np.unique(segment)
        for number, name in zip(numbers, called(comparison, method, numbers), strict=True):
            member = segment == number
            axes.plot(
                range(len(columns)),
                scaled[member].mean(axis=0),
                marker=_style.MARKERS[number % len(_style.MARKERS)],
                color=_style.segment_colour(number),
                linewidth=1.2 + 5 * member.mean(),
                label=f"{name} ({member.mean():.0%})",
                zorder=3,
            )
        axes.set_xticks(range(len(columns)), [c.replace("_", " ") for c in columns], rotation=30, ha="right")
        axes.set(ylabel="Standard deviations", xlim=(-0.3, len(columns) - 0.7))
        _style.legend_below(figure, axes, columns=3)
    return figure
