"""What pictures read of a comparison: the answers of each window beside what happened."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from crmlab.errors import NotApplicable


def windows(comparison: Any) -> list[dict[str, Any]]:
    """Return the facts of each window, in order."""
    return sorted(comparison.problem.facts["folds"], key=lambda f: f["fold"])


def by_window(comparison: Any, method: str) -> Iterator[pd.DataFrame]:
    """Yield one frame per window: a method's answers (n rows) joined with the solution, by row_id."""
    solution = comparison.problem.solution.set_index("row_id")
    answers = dict(tuple(comparison.run_of(method).answers.groupby("fold")))
    for fit in windows(comparison):
        yield answers[fit["fold"]].join(solution, on="row_id").reset_index(drop=True)


def spent(frame: pd.DataFrame) -> np.ndarray:
    """Return each customer's net spend, (n,); where returns leave less than nothing, nothing."""
    return np.maximum(frame["value"].to_numpy(dtype=np.float64), 0.0)


def segmented(comparison: Any, method: str | None = None) -> tuple[str, list[pd.DataFrame]]:
    """Return a segmentation (default: the one to use) and its frames per window with the rows' columns.

    Raises NotApplicable where the method gave no segments.
    """
    method = method or comparison.chosen
    run = comparison.run_of(method) if method else None
    if run is None or run.answers is None or "segment" not in run.answers:
        raise NotApplicable(f"{run.label if run else 'no method'} gave no segments")
    rows = comparison.problem.rows.drop(columns="segment", errors="ignore").set_index("row_id")
    return method, [frame.join(rows, on="row_id") for frame in by_window(comparison, method)]
