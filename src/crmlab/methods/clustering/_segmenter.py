"""What the distance-based methods share: the scale, few distinct customers, the order of segments."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, ClusterMixin, clone
from sklearn.exceptions import ConvergenceWarning

from crmlab.encoding import segment_input
from crmlab.errors import CrmlabError, NotApplicable


class Segmenter(ClusterMixin, BaseEstimator):
    """Clusters customers on the common scale and numbers the segments by value.

    learner: an unfitted scikit-learn clusterer with `fit` and `predict`. count: the name of its
    parameter that holds the number of segments. Where the train rows hold fewer distinct points
    than that, there are as many segments as points. Segment 0 has the highest mean
    `monetary_value` of the train rows, or the most rows where that column is absent.
    """

    def __init__(self, learner: BaseEstimator, count: str):
        self.learner = learner
        self.count = count

    def fit(self, X: pd.DataFrame, y: object = None) -> Segmenter:
        """Fit on the train rows X (n, p).

        Raises NotApplicable where all rows are alike, CrmlabError where the learner says that it did
        not converge.
        """
        self.input_ = segment_input().fit(X)
        points = self.input_.transform(X)
        distinct = len(np.unique(points, axis=0))
        if distinct < 2:
            raise NotApplicable(f"the {len(X)} rows are all alike: there is nothing to tell apart")
        k = min(self.learner.get_params()[self.count], distinct)
        with warnings.catch_warnings():
            # fewer clusters than asked for is a legal answer; no convergence is looked at below
            warnings.simplefilter("ignore", ConvergenceWarning)
            self.learner_ = clone(self.learner).set_params(**{self.count: k}).fit(points)
        if not getattr(self.learner_, "converged_", True):
            raise CrmlabError(
                f"no convergence in {self.learner_.max_iter} steps on {len(X)} rows with {k} segments: "
                "ask for fewer segments"
            )
        self.rank_ = _ranks(self.learner_.predict(points), k, X.get("monetary_value"))
        return self

    def predict(self, X: pd.DataFrame) -> np.ndarray:
        """Return segments 0, 1, ..., shape (m,)."""
        return self.rank_[self.learner_.predict(self.input_.transform(X))]


def _ranks(labels: np.ndarray, k: int, money: pd.Series | None) -> np.ndarray:
    """Return the place of each label 0..k-1 by falling mean of `money`, or by falling size."""
    sizes = np.bincount(labels, minlength=k)
    if money is None:
        worth = sizes.astype(float)
    else:
        worth = np.bincount(labels, money.fillna(0).to_numpy(), minlength=k) / np.maximum(sizes, 1)
    rank = np.empty(k, dtype=np.int64)
    rank[np.argsort(-worth, kind="stable")] = np.arange(k)
    return rank
