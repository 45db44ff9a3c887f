"""Spectral clustering of a sample: segments of any shape that hang together by their neighbours."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Annotated

import numpy as np
from scipy.linalg import eigh
from scipy.spatial import KDTree
from sklearn.base import BaseEstimator, ClusterMixin, clone
from sklearn.cluster import KMeans
from sklearn.exceptions import ConvergenceWarning

from crmlab.declare.method import method
from crmlab.declare.parameters import Range
from crmlab.methods.clustering._segmenter import Segmenter
from crmlab.seeds import generator


@method(label="Spectral", cite="Ng, Jordan and Weiss 2002")
def spectral(
    k: Annotated[int | None, Range(1)] = None,
    neighbours: Annotated[int, Range(1)] = 10,
    max_rows: Annotated[int, Range(100)] = 1000,
    seed: int = 0,
):
    """k: segments; None = chosen on the train rows. neighbours: to which a customer is tied.

    max_rows: time grows with the cube and memory with the square of the rows; of more, a seeded
    sample is clustered.
    """
    return Segmenter(Spectral(neighbours=neighbours, max_rows=max_rows, seed=seed), "k", k, seed=seed)


class Spectral(ClusterMixin, BaseEstimator):
    """Clusters at most `max_rows` distinct points; a row belongs with its nearest one among them.

    The algorithm of Ng, Jordan and Weiss (2002) on the graph in which two points are tied where one
    is among the nearest of the other. Points count once: copies of one point would be each other's
    only neighbours. The nearest point answers for train rows too: one rule for every customer.
    """

    def __init__(self, k: int = 2, neighbours: int = 10, max_rows: int = 1000, seed: int = 0):
        self.k = k
        self.neighbours = neighbours
        self.max_rows = max_rows
        self.seed = seed

    def fit(self, X: np.ndarray, y: object = None) -> Spectral:
        """Cluster the distinct rows of X (n, p), or a seeded sample of them."""
        return self.fit_each(X, [self.k])[0]

    def fit_each(self, X: np.ndarray, ks: Sequence[int]) -> list[Spectral]:
        """Return one fitted copy for each k in `ks`, from one graph."""
        points = np.unique(X, axis=0)
        distinct = len(points)
        if distinct > self.max_rows:
            drawn = generator(self.seed, "spectral").choice(distinct, self.max_rows, replace=False)
            points = points[np.sort(drawn)]
        vectors = leading_vectors(points, min(max(ks), len(points)), neighbours=self.neighbours)
        return [clone(self)._cut(points, vectors, k, distinct) for k in ks]

    def _cut(self, points: np.ndarray, vectors: np.ndarray, k: int, distinct: int) -> Spectral:
        """Keep points (n, p) and their labels: k-means of the k leading vectors, rows of length 1."""
        k = min(k, len(points))
        rows = vectors[:, :k]
        length = np.linalg.norm(rows, axis=1, keepdims=True)
        rows = np.divide(rows, length, out=np.zeros_like(rows), where=length > 0)
        with warnings.catch_warnings():
            # where the graph falls into fewer parts than k, fewer segments are a legal answer
            warnings.simplefilter("ignore", ConvergenceWarning)
            labels = KMeans(k, n_init=3, random_state=self.seed).fit(rows).labels_
        self.points_, self.labels_, self.details_ = points, labels.astype(np.int64), {}
        if len(points) < distinct:
            self.details_["note"] = (
                f"clustered a seeded sample of {len(points):,} of {distinct:,} distinct rows: time grows "
                "with the cube; the others belong with their nearest neighbour in it"
            )
        return self

    def predict(self, X: np.ndarray) -> np.ndarray:
        """Return the label of the nearest clustered point, shape (m,)."""
        return self.labels_[KDTree(self.points_).query(X)[1]]


def leading_vectors(points: np.ndarray, most: int, *, neighbours: int) -> np.ndarray:
    """Return the `most` leading eigenvectors of the graph's normalised adjacency, (n, most).

    points: (n, p), all different. The largest eigenvalue comes first.
    """
    n = len(points)
    near = KDTree(points).query(points, min(neighbours + 1, n))[1]
    tied = np.zeros((n, n))
    tied[np.repeat(np.arange(n), near.shape[1]), near.ravel()] = 1.0
    tied = np.maximum(tied, tied.T)
    np.fill_diagonal(tied, 0.0)
    degree = tied.sum(axis=0)
    return eigh(tied / np.sqrt(np.outer(degree, degree)), subset_by_index=[n - most, n - 1])[1][:, ::-1]
