"""Silhouettes: for every customer, how much nearer the own segment is than the next one."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.metrics import silhouette_samples

from crmlab.errors import NotApplicable
from crmlab.plots import _style
from crmlab.plots._points import called, drawn_of, points


def draw(comparison: Any, method: str | None = None) -> _style.Picture:
    """Show the silhouette of every customer, sorted within segments (Rousseeuw 1987).

    A bar to the right is a customer at home in the segment; one to the left lies nearer to another
    segment. Segments whose bars hardly reach beyond 0 have no border of their own. Distances are
    Euclidean on the scale that is clustered. Last window. method: default the one to use. Raises
    NotApplicable without segments, with one, or where every customer is one.
    """
    method, frame, scaled = points(comparison, method)
    segment = frame["segment"].to_numpy()
    if not 2 <= len(np.unique(segment)) < len(segment):
        raise NotApplicable(f"{comparison.run_of(method).label} has one segment here")
    widths = silhouette_samples(scaled, segment)
    with _style.look():
        figure, axes = _style.canvas(
            _style.named(comparison, f"silhouettes of {comparison.run_of(method).label}"),
            f"{drawn_of(comparison, frame)}; mean {widths.mean():.2f} (dotted)",
            height=4.4,
        )
        top = 0
        numbers = np.unique(segment)
        for number, name in zip(numbers, called(comparison, method, numbers), strict=True):
            mine = np.sort(widths[segment == number])[::-1]
            level = np.arange(top, top + len(mine))
            axes.fill_betweenx(level, 0, mine, color=_style.segment_colour(number), linewidth=0)
            text = f"{name}: mean {mine.mean():.2f},\n{np.mean(mine < 0):.0%} nearer to another"
            axes.text(1.01, top + len(mine) / 2, text, va="center", fontsize="small")
            top += len(mine) + max(1, len(segment) // 60)
        axes.axvline(0, color="black", linewidth=1)
        axes.axvline(widths.mean(), color="black", linestyle=":", linewidth=1.2)
        axes.set(xlim=(min(-0.3, widths.min()), 1), ylim=(top, 0), yticks=[], xlabel="Silhouette")
    return figure
