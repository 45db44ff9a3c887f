"""k-means for many customers: restarts on samples, then a few passes over everyone."""

from __future__ import annotations

import numpy as np
from scipy import sparse
from sklearn.base import BaseEstimator, ClusterMixin
from sklearn.cluster import KMeans

from crmlab.seeds import generator

AT_ONCE = 100_000
"""Up to so many rows it is scikit-learn's k-means and nothing else."""

DRAFT_ROWS, DRAFT_SHARE = 25_000, 1 / 40
SAMPLE_ROWS, SAMPLE_SHARE = 50_000, 1 / 8
"""Rows on which the restarts are made, and on which the best of them converge; the larger of the two."""

DRAFTS = 4
"""At least so many restarts, as they are cheap."""

PASSES = 3
"""At most so many passes over all rows with one start; one more for each further start."""

STILL = 5e-4
"""Centres whose squared moves sum to less, in mean variances of a column, stand still."""


class FastKMeans(ClusterMixin, BaseEstimator):
    """k-means (Lloyd 1982; Arthur and Vassilvitskii 2007) whose cost is a few passes over the rows.

    Restarts are made on a random draft of the rows, the best of them converge on a larger sample, and
    the best of these is moved by Lloyd's passes over all rows: the optimum of a large sample is so near
    that of all rows that few are needed (Bradley and Fayyad 1998 start k-means so). What it costs in
    inertia, and saves in time, is measured by `benchmarks/kmeans.py`.

    n_clusters: k. n_init: restarts. random_state: the seed. Fitted: `cluster_centers_` (k, p),
    `inertia_` (the sum of squared distances to the own centre) and `n_iter_` (passes over all rows). The
    same rows and seed give the same centres. There is no `labels_`: they would be all that is large in
    a saved model, and `predict` is as quick.
    """

    def __init__(self, n_clusters: int = 8, n_init: int = 10, random_state: int = 0):
        self.n_clusters = n_clusters
        self.n_init = n_init
        self.random_state = random_state

    def fit(self, X: np.ndarray, y: object = None) -> FastKMeans:
        """Fit on X (n, p), without gaps. Raises ValueError as KMeans does (fewer rows than clusters)."""
        if len(X) <= AT_ONCE:
            self.model_ = KMeans(self.n_clusters, n_init=self.n_init, random_state=self.random_state).fit(X)
            self.inertia_, self.n_iter_ = self.model_.inertia_, self.model_.n_iter_
        else:
            self.model_, still = self._near(X)
            self.n_iter_ = self._pass(X, still)
            self.inertia_ = -float(self.model_.score(X))
        self.cluster_centers_ = self.model_.cluster_centers_
        return self

    def fit_predict(self, X: np.ndarray, y: object = None) -> np.ndarray:
        """Return the number of the nearest centre of the model fitted on X (n, p), shape (n,)."""
        return self.fit(X).predict(X)

    def predict(self, X: np.ndarray) -> np.ndarray:
        """Return the nearest centre's number, shape (m,)."""
        return self.model_.predict(X)

    def _near(self, X: np.ndarray) -> tuple[KMeans, float]:
        """Return k-means fitted on a random sample of X (n, p), and the move that counts as none."""
        rng = generator(self.random_state, "fast k-means")
        # with replacement: at these sizes the same, and much quicker to draw
        sample = X[rng.integers(0, len(X), max(SAMPLE_ROWS, int(SAMPLE_SHARE * len(X))))]
        draft = sample[: max(DRAFT_ROWS, int(DRAFT_SHARE * len(X)))]
        seeds = rng.integers(0, 2**31, max(DRAFTS, self.n_init))
        drafts = [KMeans(self.n_clusters, n_init=1, random_state=int(s)).fit(draft) for s in seeds]
        best = sorted(drafts, key=lambda model: model.inertia_)[: min(self.n_init, 3)]
        moved = [KMeans(self.n_clusters, init=m.cluster_centers_, n_init=1).fit(sample) for m in best]
        return min(moved, key=lambda model: model.inertia_), STILL * float(draft.var(axis=0).mean())

    def _pass(self, X: np.ndarray, still: float) -> int:
        """Move the centres to the means of their rows in X (n, p) until they stand still; count passes."""
        most = PASSES + self.n_init - 1
        for passed in range(1, most + 1):
            before = self.model_.cluster_centers_
            after = _means(X, self.model_.predict(X), before)
            self.model_.cluster_centers_ = after
            if ((after - before) ** 2).sum() <= still:
                return passed
        return most


def _means(X: np.ndarray, labels: np.ndarray, otherwise: np.ndarray) -> np.ndarray:
    """Return the mean of each label's rows (k, p); `otherwise` has those of labels without a row."""
    n, k = len(X), len(otherwise)
    # a product with a sparse indicator: one sweep over the rows, however many labels
    member = sparse.csr_array((np.ones(n), labels, np.arange(n + 1)), shape=(n, k))
    sizes = np.bincount(labels, minlength=k)[:, None]
    return np.where(sizes > 0, (member.T @ X) / np.maximum(sizes, 1), otherwise)
