"""What is measured of a method by a metric, and what stands behind it: events, fits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from crmlab.maths import leads


@dataclass(frozen=True)
class Measured:
    """One method by one metric: the estimate, its value per window and per fit, and its replicates."""

    value: float
    folds: list[dict[str, Any]]
    replicates: np.ndarray | None
    fits: np.ndarray
    """The estimate and the means over windows of its refits, (F,); nan for a refit without a value."""
    spread: float = 0.0
    """Variance that random parts of the answers themselves put into the estimate."""
    parts: int = 0
    """How many such parts there are (such as the refits behind a stability)."""
    is_fixed: bool = False
    """Whether no fit can change it: the oracle learns from nobody."""


def events_of(solution: pd.DataFrame, codes: np.ndarray) -> int:
    """Return how many events stand behind a measure of these test rows.

    That is: how many customers (by code) have the rarer outcome; where an outcome is no yes or no, those
    whose contract ended, or who spent; else all.
    """
    if "outcome" in solution:
        outcome = solution["outcome"].to_numpy()
        return min(len(np.unique(codes[outcome == label])) for label in (0, 1))
    for column in ("event", "value"):
        if column in solution:
            return len(np.unique(codes[solution[column].to_numpy(dtype=np.float64) > 0]))
    return len(np.unique(codes))


def in_order(answers: pd.DataFrame, solution: pd.DataFrame) -> pd.DataFrame:
    """Return answers in the order of the solution's rows."""
    return answers.set_index("row_id").loc[solution["row_id"]].reset_index(drop=True)


def side_by_side(measured: Sequence[Measured]) -> np.ndarray:
    """Return the fits of all methods, (F, k); nan where one has fewer than another."""
    fits = np.full((max(len(m.fits) for m in measured), len(measured)), np.nan)
    for place, m in enumerate(measured):
        fits[: len(m.fits), place] = m.fits
        if m.is_fixed:
            fits[:, place] = m.value
    return fits


def over_fits(measured: Sequence[Measured]) -> tuple[np.ndarray, np.ndarray]:
    """Return the variance of each method's estimate over its fits, and its degrees of freedom."""
    return leads.variance_of_fits(side_by_side(measured))
