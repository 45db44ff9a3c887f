"""Columns as levels: numbers cut at their quantiles, texts with their frequent values."""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator

from crmlab.maths.encoding import LEVELS, RARE, levels_of

UNSEEN: Final = -1
"""Stands for a level that no train row has."""


class Levels(BaseEstimator):
    """Cuts numbers into quantile bins and keeps the frequent levels of texts; a gap is a level.

    A number's level is the count of inner quantile edges of the train rows that it exceeds, so equal
    values share a level and heavy ties make fewer of them. Of a text, the LEVELS most frequent ones
    with RARE rows are told apart. Columns with a single level are left out. A level that the train
    rows did not have says nothing (UNSEEN).
    """

    def __init__(self, bins: int):
        self.bins = bins

    def fit(self, X: pd.DataFrame) -> Levels:
        """Take edges and levels from the train rows X (n, p)."""
        inner = np.arange(1, self.bins) / self.bins
        self.edges_, self.names_, self.known_ = {}, {}, {}
        for column in X:
            if pd.api.types.is_numeric_dtype(X[column]):
                self.edges_[column] = np.unique(X[column].dropna().quantile(inner).dropna().to_numpy())
            else:
                sizes = levels_of(X[[column]])[column].value_counts().sort_index(kind="stable")
                sizes = sizes.sort_values(ascending=False, kind="stable")
                self.names_[column] = [str(level) for level in sizes.index[sizes >= RARE][:LEVELS]]
            found = np.unique(self._codes(X, column))
            if len(found) > 1:
                self.known_[column] = found
        return self

    def transform(self, X: pd.DataFrame) -> np.ndarray:
        """Return levels 0, 1, ... of each column that varies in the train rows, (m, columns)."""
        found = []
        for column, known in self.known_.items():
            codes = self._codes(X, column)
            place = np.minimum(np.searchsorted(known, codes), len(known) - 1)
            found.append(np.where(known[place] == codes, place, UNSEEN))
        return np.column_stack(found) if found else np.zeros((len(X), 0), dtype=np.int64)

    def _codes(self, X: pd.DataFrame, column: str) -> np.ndarray:
        """Return a column as int codes, (m,), before levels without train rows are taken out."""
        if column in self.edges_:
            edges = self.edges_[column]
            below = np.searchsorted(edges, X[column].to_numpy(dtype=np.float64), side="left")
            return np.where(X[column].isna(), len(edges) + 1, below)
        text = levels_of(X[[column]])[column]
        names = {name: i for i, name in enumerate(self.names_[column])}
        return text.map(names).fillna(len(names)).to_numpy(dtype=np.int64)
