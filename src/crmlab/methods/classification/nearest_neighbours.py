"""The nearest neighbours: the rate among the train rows that look most alike."""

from __future__ import annotations

from typing import Annotated

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin

from crmlab.declare.method import method
from crmlab.declare.parameters import Range
from crmlab.maths.encoding import linear_input
from crmlab.methods.classification._inner import Telling, sample_details, sampled

CHUNK = 256
"""Rows answered at once: the distances of a chunk to 10,000 train rows take 20 MB."""

SLACK = 1e-9
"""Squared distances nearer than this (on standardised columns) are ties: they differ by rounding."""


@method(label="Nearest neighbours", cite="Cover and Hart 1967")
def nearest_neighbours(
    k: Annotated[int, Range(1)] = 100, max_rows: Annotated[int, Range(100)] = 10000, seed: int = 0
):
    """k: neighbours. max_rows: train rows of the seeded sample."""
    return Telling([("input", linear_input()), ("neighbours", NearestNeighbours(k, max_rows, seed))])


class NearestNeighbours(ClassifierMixin, BaseEstimator):
    """Answers with the mean outcome of the k nearest train rows and of all rows as near as the k-th.

    Ties count in full, so that an answer depends neither on the order of rows nor on rounding.
    """

    def __init__(self, k: int, max_rows: int, seed: int):
        self.k = k
        self.max_rows = max_rows
        self.seed = seed

    def fit(self, X: np.ndarray, y: np.ndarray) -> NearestNeighbours:
        """Keep the train rows X (n, p), y (n,), or a seeded sample of them."""
        used = sampled(y, max_rows=self.max_rows, seed=self.seed)
        because = "an answer compares with every row kept"
        self.details_ = sample_details(len(used), len(y), because=because)
        self.classes_ = np.array([0, 1])
        self.rows_, self.outcomes_ = X[used], y[used].astype(float)
        self.squares_ = (self.rows_**2).sum(axis=1)
        return self

    def predict_proba(self, X: np.ndarray) -> np.ndarray:
        """Return the probabilities of class 0 and 1, shape (m, 2)."""
        chunks = np.array_split(X, max(1, -(-len(X) // CHUNK)))
        rate = np.concatenate([self._rate(chunk) for chunk in chunks])
        return np.column_stack([1 - rate, rate])

    def _rate(self, X: np.ndarray) -> np.ndarray:
        """Return the mean outcome of the neighbours of each row of X (m, p), shape (m,)."""
        k = min(self.k, len(self.rows_))
        # |x - r|² less |x|², which is the same for all neighbours of a row
        distance = self.squares_ - 2 * X @ self.rows_.T
        farthest = np.partition(distance, k - 1, axis=1)[:, k - 1 : k]
        near = (distance <= farthest + SLACK).astype(float)
        return near @ self.outcomes_ / near.sum(axis=1)
