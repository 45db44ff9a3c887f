"""Customers as points: the clustered columns of a window on the common scale, for pictures."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd

from crmlab.comparison.answers import segmented
from crmlab.errors import NotApplicable
from crmlab.maths.encoding import segment_input
from crmlab.seeds import generator
from crmlab.segments.assigned import last_window
from crmlab.segments.names import names
from crmlab.vocabulary import NUMERIC

LINE = 24
"""Characters of a line of a segment's name."""

MOST = 2000
"""At most so many customers are drawn: a seeded sample, which the subtitle names."""


def clustered(comparison: Any) -> list[str]:
    """Return the numeric columns that methods were handed. Raises NotApplicable where there is none."""
    columns = [c for c, role in comparison.problem.facts["roles"].items() if role == NUMERIC]
    if not columns:
        raise NotApplicable("the problem has no numeric column to describe segments by")
    return columns


def points(comparison: Any, method: str | None) -> tuple[str, pd.DataFrame, np.ndarray]:
    """Return a segmentation, its customers of the last window, and their scaled columns (n, p).

    method: default the one to use. A sample of at most MOST customers. Raises NotApplicable without
    segments, or where no column varies.
    """
    method, frames = segmented(comparison, method)
    frame, columns = frames[-1], clustered(comparison)
    scaled = segment_input().fit_transform(frame[columns])
    if not scaled.any():
        raise NotApplicable("all customers are alike in the clustered columns")
    if len(frame) > MOST:
        kept = np.sort(generator(0, "points").choice(len(frame), MOST, replace=False))
        frame, scaled = frame.iloc[kept].reset_index(drop=True), scaled[kept]
    return method, frame, scaled


def called(comparison: Any, method: str, segments: Iterable[int]) -> list[str]:
    """Return what segments of the last window are called in pictures: number and name, in lines."""
    found = names(last_window(comparison, method))
    return [textwrap.fill(f"{number}: {found[int(number)]}", LINE) for number in segments]


def drawn_of(comparison: Any, frame: pd.DataFrame) -> str:
    """Return how many customers are drawn, in words."""
    everyone = len(comparison.problem.last_fold().test_row_ids)
    if len(frame) < everyone:
        return f"a sample of {len(frame):,} of {everyone:,} customers"
    return f"{len(frame):,} customers"
