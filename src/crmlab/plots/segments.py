"""Segments: what the customers of each segment are like."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import seaborn as sns

from crmlab.comparison.answers import segmented
from crmlab.errors import NotApplicable
from crmlab.plots import _points, _style
from crmlab.vocabulary import NUMERIC

LIMIT = 2.0
"""Colours end at this many spreads from the middle customer."""


def draw(comparison: Any, method: str | None = None) -> _style.Picture:
    """Show the profile of each segment: medians of the columns that were clustered.

    A number is the segment's median; its colour says how far that lies from the median of all
    customers, in spreads (1.4826 median absolute deviations; standard deviations where those are
    0). Last window. method: default the one to use. Raises NotApplicable without segments.
    """
    method, frames = segmented(comparison, method)
    frame = frames[-1]
    columns = [c for c, role in comparison.problem.facts["roles"].items() if role == NUMERIC]
    if not columns:
        raise NotApplicable("the problem has no numeric column to describe segments by")
    medians = frame.groupby("segment")[columns].median()
    distance = ((medians - frame[columns].median()) / _spread(frame[columns])).clip(-LIMIT, LIMIT)
    sizes = frame["segment"].value_counts().sort_index()
    called = _points.called(comparison, method, sizes.index)
    names = [f"{name}\n{n:,} ({n / len(frame):.0%})" for name, n in zip(called, sizes, strict=True)]
    with _style.look():
        figure, axes = _style.canvas(
            _style.named(comparison, f"the segments of {comparison.run_of(method).label}"),
            f"median per segment; colour: spreads from the median of all {len(frame):,} customers",
            height=2.2 + 0.62 * len(medians),
        )
        sns.heatmap(
            distance.fillna(0),
            ax=axes,
            annot=medians.map(_short).to_numpy(),
            fmt="",
            cmap="RdBu_r",
            vmin=-LIMIT,
            vmax=LIMIT,
            linewidths=1.5,
            cbar_kws={"label": "spreads from the middle", "pad": 0.01},
        )
        axes.set(xlabel="", ylabel="")
        axes.set_yticklabels(names, rotation=0, fontsize="small")
        axes.set_xticklabels([c.replace("_", " ") for c in columns], rotation=35, ha="right")
    return figure


def _spread(columns: pd.DataFrame) -> pd.Series:
    """Return each column's spread: 1.4826 median absolute deviations, else the standard deviation."""
    deviation = 1.4826 * (columns - columns.median()).abs().median()
    return deviation.where(deviation > 0, columns.std()).replace(0, np.nan).fillna(1.0)


def _short(value: float) -> str:
    """Return a median in three digits or so."""
    if pd.isna(value):
        return "–"
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
