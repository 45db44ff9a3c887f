"""Which columns belong together: those that say nearly the same of the train rows."""

from __future__ import annotations

from itertools import combinations
from typing import Final

import numpy as np
import pandas as pd
from scipy.sparse.csgraph import connected_components

from crmlab.maths.encoding import levels_of

STRONG: Final = 0.7
"""Columns with an association above this share credit."""

ROWS: Final = 5_000
"""So many rows say enough of an association."""


def association(frame: pd.DataFrame) -> pd.DataFrame:
    """Return how strongly each two columns go together, (p, p), 0 to 1.

    Two numbers: the size of Spearman's rank correlation (1904). Two texts: Cramér's V (1946). A
    number and a text: the correlation ratio of the ranks (Pearson 1905), the root of the share of
    variance between levels. A missing number counts as the lowest, a missing text as a level; a
    constant column goes with nothing.
    """
    names = list(frame)
    sides = {
        c: _ranks(frame[c]) if pd.api.types.is_numeric_dtype(frame[c]) else _dummies(frame[c]) for c in names
    }
    found = pd.DataFrame(np.eye(len(names)), index=names, columns=names)
    for a, b in combinations(names, 2):
        found.loc[a, b] = found.loc[b, a] = _together(sides[a], sides[b])
    return found


def groups(frame: pd.DataFrame, *, strong: float = STRONG, rng: np.random.Generator) -> list[list[str]]:
    """Return the groups of two or more columns linked by associations above `strong`.

    Linked means directly or through others. Of more than ROWS rows a sample is looked at. Groups
    and their columns stand in the order of the frame.
    """
    if len(frame) > ROWS:
        frame = frame.iloc[np.sort(rng.choice(len(frame), ROWS, replace=False))]
    count, group = connected_components(association(frame).to_numpy() > strong, directed=False)
    members = [[c for c, own in zip(frame, group, strict=True) if own == g] for g in range(count)]
    return [m for m in members if len(m) > 1]


def _ranks(values: pd.Series) -> np.ndarray:
    """Return standardised ranks as one column (n, 1); nothing of a constant."""
    filled = values.astype(float).fillna(-np.inf)
    return _standardised(filled.rank().to_numpy()[:, None])


def _dummies(values: pd.Series) -> np.ndarray:
    """Return an orthonormal frame (n, q) for the levels of a text, without what is constant."""
    codes, known = pd.factorize(levels_of(values.to_frame()).iloc[:, 0])
    marks = np.eye(len(known))[codes]
    return marks / np.sqrt(marks.sum(axis=0)) if len(known) > 1 else np.empty((len(codes), 0))


def _standardised(values: np.ndarray) -> np.ndarray:
    """Return columns of mean 0 and length 1, without the constant ones."""
    centred = values - values.mean(axis=0)
    length = np.linalg.norm(centred, axis=0)
    return centred[:, length > 1e-9] / length[length > 1e-9]


def _together(a: np.ndarray, b: np.ndarray) -> float:
    """Return the association of two columns in their encoded form."""
    if 0 in (a.shape[1], b.shape[1]):
        return 0.0
    levels = min(a.shape[1], b.shape[1])
    squares = float(((a.T @ b) ** 2).sum())
    # the marks of two texts share the constant, which says nothing: chi²/n is what is above it
    explained = (squares - 1) / (levels - 1) if levels > 1 else squares
    return float(np.sqrt(np.clip(explained, 0, 1)))
