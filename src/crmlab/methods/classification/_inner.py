"""The inner split of a method: its earlier train rows learn, its latest judge; and seeded samples.

A method that chooses something (a calibration curve, a number of epochs, a parameter) chooses it on
train rows that are later than the ones it learned from, as the test rows will be.
"""

from __future__ import annotations

import inspect
from typing import Any, Final

import numpy as np
import pandas as pd
from sklearn.pipeline import Pipeline

from crmlab.kinds import EARLIER, LATER
from crmlab.seeds import generator

SHARE: Final = 0.2
"""The share of train rows, the last in row order, that judge where it was not said which do."""

ENOUGH: Final = 5
"""Rows of each class that both parts need."""


def earlier_and_later(
    y: np.ndarray, inner: np.ndarray | None, *, enough: int = ENOUGH
) -> tuple[np.ndarray, np.ndarray] | None:
    """Return the positions of the earlier rows and of the later ones, which judge.

    inner: EARLIER, LATER or NEITHER of each row, (n,) (see crmlab.kinds.Context); None: the last fifth in
    row order is later. Returns None where a part has fewer than `enough` rows of a class: there is then
    nothing to judge by.
    """
    if inner is None:
        inner = np.where(np.arange(len(y)) < len(y) - int(len(y) * SHARE), EARLIER, LATER)
    earlier, later = np.flatnonzero(inner == EARLIER), np.flatnonzero(inner == LATER)
    fewest = min(np.bincount(np.asarray(y)[part], minlength=2).min() for part in (earlier, later))
    return (earlier, later) if fewest >= enough else None


def at(inner: np.ndarray | None, rows: np.ndarray) -> np.ndarray | None:
    """Return the parts of the rows at these positions."""
    return None if inner is None else inner[rows]


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
    """A pipeline that hands its last step which rows judge, and passes on what it tells as `details_`."""

    def fit(self, X: pd.DataFrame, y: np.ndarray, inner: np.ndarray | None = None) -> Telling:
        """Fit all steps on the train rows."""
        name, last = self.steps[-1]
        chooses = "inner" in inspect.signature(last.fit).parameters
        return super().fit(X, y, **({f"{name}__inner": inner} if chooses else {}))

    @property
    def details_(self) -> dict[str, Any]:
        """What the last step tells: plain JSON."""
        return self[-1].details_
