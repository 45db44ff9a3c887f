"""Segment map: all customers in two dimensions, coloured by segment."""

from __future__ import annotations

import textwrap
from typing import Any

import numpy as np
from matplotlib.ticker import MaxNLocator
from sklearn.decomposition import PCA

from crmlab.plots import _style
from crmlab.plots._points import called, clustered, drawn_of, points

NAMED = 3
"""Columns that an axis is named after: those that weigh most in it."""


def draw(comparison: Any, method: str | None = None) -> _style.Picture:
    """Show customers on the first two principal components of the clustered columns.

    Read the axes first: each says how much of the spread it shows, and which columns make it (a
    minus: the column falls to the right). Segments that overlap here may still differ in what the
    picture leaves out; a cloud without gaps is cut, not found. Last window. method: default the
    one to use. Raises NotApplicable without segments, or where no column varies.
    """
    method, frame, scaled = points(comparison, method)
    columns = clustered(comparison)
    parts = PCA(n_components=min(2, *scaled.shape), svd_solver="full").fit(scaled)
    place = parts.transform(scaled)
    if place.shape[1] < 2:
        place = np.column_stack([place, np.zeros(len(place))])
    segment = frame["segment"].to_numpy()
    with _style.look():
        figure, axes = _style.canvas(
            _style.named(comparison, f"map of {comparison.run_of(method).label}"),
            f"{drawn_of(comparison, frame)} on two principal components",
            height=5.2,
        )
        for number in np.unique(segment):
            mine = place[segment == number]
            drawn = {"color": _style.segment_colour(number), "alpha": 0.45, "linewidth": 0}
            marker = _style.MARKERS[number % len(_style.MARKERS)]
            axes.scatter(*mine.T, s=13, marker=marker, zorder=2, **drawn)
        numbers = np.unique(segment)
        for number, name in zip(numbers, called(comparison, method, numbers), strict=True):
            middle = np.median(place[segment == number], axis=0)
            box = {"facecolor": "white", "edgecolor": _style.segment_colour(number), "boxstyle": "round"}
            axes.annotate(name, middle, ha="center", va="center", fontsize="x-small", bbox=box, zorder=4)
        for which, name in enumerate(("x", "y")):
            label = _axis(parts, which, columns) if which < len(parts.components_) else ""
            axes.set(**{f"{name}label": label})
            getattr(axes, f"{name}axis").set_major_locator(MaxNLocator(6, prune="both"))
    return figure


def _axis(parts: PCA, which: int, columns: list[str]) -> str:
    """Return an axis' name: its share of the spread and the columns that weigh most in it."""
    weights = parts.components_[which]
    most = np.argsort(-np.abs(weights), kind="stable")[:NAMED]
    made_of = ", ".join(f"{'' if weights[i] > 0 else '−'}{columns[i].replace('_', ' ')}" for i in most)
    share = parts.explained_variance_ratio_[which]
    return textwrap.fill(f"{share:.0%} of the spread: {made_of}", 46)
