"""HDBSCAN: segments are the dense places, as many as there are; the sparse customers join the nearest."""

from __future__ import annotations

from typing import Annotated

import numpy as np
import pandas as pd
from scipy.spatial import KDTree
from sklearn.base import BaseEstimator, ClusterMixin
from sklearn.cluster import HDBSCAN

from crmlab.declare.method import method
from crmlab.declare.parameters import Range
from crmlab.errors import NotApplicable
from crmlab.maths.encoding import segment_input
from crmlab.methods.clustering._mixed import closeness, gate
from crmlab.methods.clustering._segmenter import ranks
from crmlab.seeds import generator

FEWEST = 5
"""No segment has fewer clustered customers than this, however small the share."""


@method(label="HDBSCAN", cite="Campello, Moulavi and Sander 2013")
def hdbscan(
    min_share: Annotated[float, Range(0, below=1)] = 0.02,
    min_samples: Annotated[int, Range(1)] = 10,
    max_rows: Annotated[int, Range(100)] = 20000,
    seed: int = 0,
):
    """min_share: of the rows, below which a dense place is no segment. min_samples: of a core.

    max_rows: time grows up to the square of the rows; of more, a seeded sample is clustered.
    """
    return Dense(min_share, min_samples, max_rows, seed)


class Dense(ClusterMixin, BaseEstimator):
    """Clusters at most `max_rows` rows by density; a row belongs with the nearest customer in a segment.

    The nearest one answers for train rows too, so that one rule holds for every customer, also for
    those that HDBSCAN leaves unassigned (their share stands in the note). The number of segments is
    HDBSCAN's own; where the gate finds no structure, or no place is dense, everyone is in one.
    Segments are numbered by falling mean `monetary_value` of the train rows, or by falling size.
    """

    def __init__(self, min_share: float, min_samples: int, max_rows: int, seed: int):
        self.min_share = min_share
        self.min_samples = min_samples
        self.max_rows = max_rows
        self.seed = seed

    def fit(self, X: pd.DataFrame, y: object = None) -> Dense:
        """Fit on the numeric columns of the train rows X (n, p).

        Raises NotApplicable where all rows are alike or no column is numeric.
        """
        tested = gate(X, seed=self.seed)
        self.columns_ = list(X.select_dtypes("number").columns)
        self.input_ = segment_input().fit(X[self.columns_])
        points = self.input_.transform(X[self.columns_])
        if len(np.unique(points, axis=0)) < 2:
            raise NotApplicable(f"the {len(X)} rows are all alike: there is nothing to tell apart")
        if len(points) > self.max_rows:
            drawn = generator(self.seed, "hdbscan").choice(len(points), self.max_rows, replace=False)
            points = points[np.sort(drawn)]
        labels = self._dense(points) if tested["rejects"] else np.full(len(points), -1)
        inside = labels >= 0
        found = int(labels.max()) + 1
        self.points_, self.labels_ = points[inside], labels[inside]
        rank = ranks(self.predict(X), max(found, 1), X.get("monetary_value"))
        self.labels_ = rank[self.labels_]
        rule = "as many as HDBSCAN finds dense, where the gate rejects"
        self.details_ = {"choice": {"gate": tested, "rule": rule, "k": max(found, 1), "curve": []}}
        if tested["rejects"]:
            self.details_["note"] = _note(found, 1 - inside.mean(), len(points), len(X))
        return self

    def predict(self, X: pd.DataFrame) -> np.ndarray:
        """Return the segment of the nearest customer that is in one, shape (m,)."""
        if not len(self.points_):
            return np.zeros(len(X), dtype=np.int64)
        return self.labels_[KDTree(self.points_).query(self.input_.transform(X[self.columns_]))[1]]

    def closeness(self, X: pd.DataFrame) -> pd.DataFrame:
        """Return the `distance` to the nearest customer in the own segment, and the `margin` to the next.

        With one segment there is no density to be near to: the distance is 0 and the margin 1.
        """
        points = self.input_.transform(X[self.columns_])
        members = [self.points_[self.labels_ == j] for j in np.unique(self.labels_)]
        far = [KDTree(segment).query(points)[0] for segment in members] or [np.zeros(len(X))]
        return closeness(np.column_stack(far), self.predict(X))

    def _dense(self, points: np.ndarray) -> np.ndarray:
        """Return HDBSCAN's labels of points (n, p): 0, 1, ..., and -1 for the unassigned."""
        fewest = max(FEWEST, round(self.min_share * len(points)))
        samples = min(self.min_samples, fewest)
        if len(points) <= fewest:
            return np.full(len(points), -1)
        return HDBSCAN(min_cluster_size=fewest, min_samples=samples, copy=True).fit(points).labels_


def _note(found: int, unassigned: float, clustered: int, rows: int) -> str:
    """Return what a reader must know of the fit, in a sentence."""
    note = f"{unassigned:.0%} of the customers lie in no dense place and joined the nearest segment"
    if not found:
        note = "no dense place was found: everyone is in one segment"
    if clustered < rows:
        note += f"; clustered a seeded sample of {clustered:,} of {rows:,} rows: time grows with the square"
    return note
