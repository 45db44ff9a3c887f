"""Migration: where the customers of a segment are one window later."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pandas as pd
import seaborn as sns

from crmlab.comparison.answers import segmented, windows
from crmlab.errors import NotApplicable
from crmlab.plots import _style

NEW = "new"
MOST = 3
"""Transitions shown: the latest ones."""


def draw(comparison: Any, method: str | None = None) -> _style.Picture:
    """Show the share of each segment's customers that is found in each segment at the next origin.

    A row adds up to 100 %; the diagonal stayed, `new` was not there yet. The method is fitted anew
    at each origin and numbers its segments by value, so a move can also be a moved border. method:
    default the one to use. Raises NotApplicable with fewer than two origins of the same customers.
    """
    method, frames = segmented(comparison, method)
    origins = [f["cutoff"] for f in windows(comparison)]
    if len(frames) < 2 or not all(origins):
        raise NotApplicable("there is one origin only: nobody can move")
    steps = list(pairwise(zip(origins, frames, strict=True)))[-MOST:]
    with _style.look():
        figure, grid = _style.canvas(
            _style.named(comparison, f"moves between the segments of {comparison.run_of(method).label}"),
            "share of a row's customers, with their number at the left",
            columns=len(steps),
            height=2.0 + 0.45 * (frames[-1]["segment"].nunique() + 1),
            squeeze=False,
        )
        for axes, ((before, first), (after, second)) in zip(grid[0], steps, strict=True):
            counts = _moves(first, second)
            _panel(axes, counts)
            axes.set(xlabel=f"segment at {after}", ylabel=f"segment at {before}")
    return figure


def _moves(first: pd.DataFrame, second: pd.DataFrame) -> pd.DataFrame:
    """Return the number of customers by segment at the first origin (or `new`) and at the second."""
    earlier = first.set_index("customer")["segment"]
    came_from = second["customer"].map(earlier)
    labels = came_from.map(lambda s: NEW if pd.isna(s) else str(int(s)))
    return pd.crosstab(labels, second["segment"])


def _panel(axes: Any, counts: pd.DataFrame) -> None:
    """Draw one transition as a heat map of row shares."""
    shares = counts.div(counts.sum(axis=1), axis=0)
    sns.heatmap(
        shares,
        ax=axes,
        annot=True,
        fmt=".0%",
        cmap="Blues",
        vmin=0,
        vmax=1,
        cbar=False,
        linewidths=1.5,
        annot_kws={"fontsize": "small"},
    )
    labels = [f"{name}  ({n:,})" for name, n in counts.sum(axis=1).items()]
    axes.set_yticklabels(labels, rotation=0)
