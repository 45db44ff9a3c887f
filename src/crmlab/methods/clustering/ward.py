"""Ward's hierarchical clustering, cut at k segments."""

from __future__ import annotations

import numpy as np
from scipy.spatial.distance import cdist
from sklearn.base import BaseEstimator, ClusterMixin
from sklearn.cluster import AgglomerativeClustering

from crmlab.methods.clustering._segmenter import Segmenter
from crmlab.registry import method
from crmlab.seeds import generator


@method(label="Ward", cite="Ward 1963")
def ward(k: int = 5, max_rows: int = 3000, seed: int = 0):
    """k: segments. max_rows: time and memory grow with the square of the rows; of more, a sample."""
    return Segmenter(Ward(k, max_rows, seed), "k")


class Ward(ClusterMixin, BaseEstimator):
    """Clusters at most `max_rows` rows by Ward's criterion; a row belongs to the nearest centroid.

    The nearest centroid answers for train rows too, so that one rule holds for every customer.
    """

    def __init__(self, k: int, max_rows: int, seed: int):
        self.k = k
        self.max_rows = max_rows
        self.seed = seed

    def fit(self, X: np.ndarray, y: object = None) -> Ward:
        """Cluster the rows of X (n, p), or a seeded sample of them, and keep the centroids (k, p)."""
        if len(X) > self.max_rows:
            drawn = generator(self.seed, "ward").choice(len(X), self.max_rows, replace=False)
            X = X[np.sort(drawn)]
        k = min(self.k, len(X))
        labels = AgglomerativeClustering(k, linkage="ward").fit_predict(X)
        self.centroids_ = np.array([X[labels == j].mean(axis=0) for j in range(k)])
        return self

    def predict(self, X: np.ndarray) -> np.ndarray:
        """Return the nearest centroid's number, shape (m,)."""
        return cdist(X, self.centroids_, "sqeuclidean").argmin(axis=1)
