"""Ward's hierarchical clustering, cut at k segments."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import numpy as np
from scipy.cluster.hierarchy import ward as tree_of
from scipy.spatial.distance import cdist
from sklearn.base import BaseEstimator, ClusterMixin, clone

from crmlab.declare.method import method
from crmlab.declare.parameters import Range
from crmlab.methods.clustering._segmenter import Segmenter
from crmlab.seeds import generator


@method(label="Ward", cite="Ward 1963")
def ward(
    k: Annotated[int | None, Range(1)] = None, max_rows: Annotated[int, Range(100)] = 3000, seed: int = 0
):
    """k: segments; None = chosen on the train rows.

    max_rows: time and memory grow with the square of the rows; of more, a seeded sample is clustered.
    """
    return Segmenter(Ward(max_rows=max_rows, seed=seed), "k", k, seed=seed)


class Ward(ClusterMixin, BaseEstimator):
    """Clusters at most `max_rows` rows by Ward's criterion; a row belongs to the nearest centroid.

    The nearest centroid answers for train rows too, so that one rule holds for every customer.
    """

    def __init__(self, k: int = 2, max_rows: int = 3000, seed: int = 0):
        self.k = k
        self.max_rows = max_rows
        self.seed = seed

    def fit(self, X: np.ndarray, y: object = None) -> Ward:
        """Cluster the rows of X (n, p), or a seeded sample of them, and keep the centroids (k, p)."""
        return self._cut(X, *self._tree(X), self.k)

    def fit_each(self, X: np.ndarray, ks: Sequence[int]) -> list[Ward]:
        """Return one fitted copy for each k in `ks`, cut from one tree."""
        sample, tree = self._tree(X)
        return [clone(self)._cut(X, sample, tree, k) for k in ks]

    def _tree(self, X: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the rows that are clustered and their tree."""
        if len(X) > self.max_rows:
            drawn = generator(self.seed, "ward").choice(len(X), self.max_rows, replace=False)
            X = X[np.sort(drawn)]
        return X, tree_of(X)

    def _cut(self, X: np.ndarray, sample: np.ndarray, tree: np.ndarray, k: int) -> Ward:
        """Keep the centroids of the tree cut at k clusters."""
        labels = _clusters(tree, min(k, len(sample)))
        self.centroids_ = np.array([sample[labels == j].mean(axis=0) for j in range(labels.max() + 1)])
        self.details_ = {}
        if len(sample) < len(X):
            self.details_["note"] = (
                f"clustered a seeded sample of {len(sample):,} of {len(X):,} rows: "
                "time and memory grow with the square; the others belong to the nearest centroid"
            )
        return self

    def predict(self, X: np.ndarray) -> np.ndarray:
        """Return the nearest centroid's number, shape (m,)."""
        return cdist(X, self.centroids_, "sqeuclidean").argmin(axis=1)


def _clusters(tree: np.ndarray, k: int) -> np.ndarray:
    """Return the numbers 0 to k - 1 of the n points when the last k - 1 of the n - 1 merges are undone.

    SciPy's `cut_tree` takes a hundred times as long, its `fcluster` gives fewer clusters on ties.
    """
    n = len(tree) + 1
    merged = tree[:, :2].astype(np.int64)
    owner = np.full(2 * n - 1, -1)
    tops = merged[n - k :].ravel() if k > 1 else np.array([2 * n - 2])
    tops = tops[tops < 2 * n - k]
    owner[tops] = np.arange(k)
    for step in range(n - k - 1, -1, -1):
        owner[merged[step]] = owner[n + step]
    return owner[:n]
