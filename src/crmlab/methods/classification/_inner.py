"""The inner split of a method: its earlier train rows learn, its latest judge; and seeded samples.

A method that chooses something (a calibration curve, a number of epochs, a parameter) chooses it on
train rows that are later than the ones it learned from, as the test rows will be.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from sklearn.pipeline import Pipeline

from crmlab.seeds import generator

LATER: Final = 0.2
"""The share of train rows, the last in row order, that judge. Rows are handed in order of time."""

ENOUGH: Final = 5
"""Rows of each class that both parts need."""


def earlier_and_later(y: np.ndarray, *, enough: int = ENOUGH) -> tuple[np.ndarray, np.ndarray] | None:
    """Return the positions of the earlier rows and of the latest fifth.

    None where a part has fewer than `enough` rows of a class: there is then nothing to judge by.
    """
    cut = len(y) - int(len(y) * LATER)
    earlier, later = np.arange(cut), np.arange(cut, len(y))
    fewest = min(np.bincount(np.asarray(y)[part], minlength=2).min() for part in (earlier, later))
    return (earlier, later) if fewest >= enough else None


def sampled(y: np.ndarray, *, max_rows: int, seed: int) -> np.ndarray:
    """Return the positions of a seeded sample of at most about `max_rows` rows, in row order.

    Each class keeps its share, and at least ENOUGH rows where it has them; no sample is drawn where
    the rows are few enough.
    """
    if len(y) <= max_rows:
        return np.arange(len(y))
    rng, parts = generator(seed, "sample"), []
    for label in (0, 1):
        those = np.flatnonzero(np.asarray(y) == label)
        size = min(len(those), max(ENOUGH, round(max_rows * len(those) / len(y))))
        parts.append(rng.choice(those, size, replace=False))
    return np.sort(np.concatenate(parts))


def sample_details(used: int, rows: int, *, because: str) -> dict[str, str]:
    """Return the `details_` of a fit on `used` of `rows` rows: a note, or nothing where all were used."""
    if used == rows:
        return {}
    return {"note": f"fitted on a seeded sample of {used:,} of {rows:,} train rows: {because}"}


class Telling(Pipeline):
    """A pipeline that passes on what its last step tells of its fit as `details_`."""

    @property
    def details_(self) -> dict[str, Any]:
        """What the last step tells: plain JSON."""
        return self[-1].details_
