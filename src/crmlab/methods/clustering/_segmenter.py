"""What the distance-based methods share: the scale, the choice of k, the order of segments."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from scipy.spatial.distance import cdist
from sklearn.base import BaseEstimator, ClusterMixin
from sklearn.utils.metaestimators import available_if
from threadpoolctl import threadpool_limits

from crmlab.errors import NotApplicable
from crmlab.maths.convergence import DidNotConverge
from crmlab.maths.encoding import segment_input
from crmlab.maths.structure import unrounded
from crmlab.methods.clustering._choice import MOST, choose, fits, parameters
from crmlab.seeds import seed_of


def _is_density(model: Segmenter) -> bool:
    """Tell whether the learner is a density, with the scikit-learn verbs of one."""
    return hasattr(model.learner, "score_samples") and hasattr(model.learner, "bic")


class Segmenter(ClusterMixin, BaseEstimator):
    """Clusters customers on the common scale and numbers the segments by value.

    learner: an unfitted scikit-learn clusterer with `fit` and `predict`, of which `get_params` and
    `set_params` know `count`, the parameter that holds the number of segments. Only numeric columns
    are clustered. k: the number of segments, or None to choose it on the train rows (see
    `_choice`), where one segment is a legal answer. choose_by: "stability", or "bic" for a learner
    that is a density. Where the train rows hold fewer distinct points than k, there are as many
    segments as points.

    Segment 0 has the highest mean `monetary_value` of the train rows, or the most rows where that
    column is absent. `k_` is the number of segments. `details_` says how k was chosen (`choice`), and
    what the learner says of its fit in its own `details_`.
    """

    def __init__(
        self,
        learner: BaseEstimator,
        count: str,
        k: int | None = None,
        choose_by: str = "stability",
        seed: int = 0,
    ):
        self.learner = learner
        self.count = count
        self.k = k
        self.choose_by = choose_by
        self.seed = seed

    def fit(self, X: pd.DataFrame, y: object = None) -> Segmenter:
        """Fit on the train rows X (n, p).

        Raises NotApplicable where all rows are alike, DidNotConverge where the learner says that it
        did not converge.
        """
        # many small fits: threads would cost more than they give, and move the last digits
        with threadpool_limits(1):
            return self._fit(X)

    def _fit(self, X: pd.DataFrame) -> Segmenter:
        """Choose k where it is open, fit the learner, and number the segments."""
        points = self._scaled(X)
        distinct = _distinct(points, self.k or MOST)
        if distinct < 2:
            raise NotApplicable(f"the {len(X)} rows are all alike: there is nothing to tell apart")
        self.details_: dict[str, Any] = {}
        wanted = self.k
        if wanted is None:
            self.details_["choice"] = choose(
                self.learner, self.count, points, self._tested(X), by=self.choose_by, seed=self.seed
            )
            wanted = self.details_["choice"]["k"]
        self.k_ = min(wanted, distinct)
        self._fit_learner(points)
        labels = self._labels(points)
        self.rank_ = ranks(labels, self.k_, X.get("monetary_value"))
        self.centres_ = _centres(points, self.rank_[labels], self.k_)
        return self

    def predict(self, X: pd.DataFrame) -> np.ndarray:
        """Return segments 0, 1, ..., shape (m,)."""
        return self.rank_[self._labels(self._points(X))]

    def closeness(self, X: pd.DataFrame) -> pd.DataFrame:
        """Return how sure each customer's segment is, (m, 2).

        Of a learner with probabilities: `probability` of the own segment, and `margin`, how much more
        likely it is than the next. Else: `distance` to the own centre, in standard deviations of a
        column, and `margin`, 1 - d1/d2 with d2 the distance to the nearest other centre; 0 where
        another is nearer. With one segment there is no next one: the margin is 1.
        """
        points = self._points(X)
        own = self.rank_[self._labels(points)]
        each = np.arange(len(points))
        if hasattr(self.learner_, "predict_proba"):
            likely = np.empty((len(points), self.k_))
            likely[:, self.rank_] = self.learner_.predict_proba(points)
            probability = likely[each, own].copy()
            likely[each, own] = 0
            margin = np.clip(probability - likely.max(axis=1), 0, 1)
            return pd.DataFrame({"probability": np.clip(probability, 0, 1), "margin": margin})
        far = cdist(points, self.centres_)
        distance = far[each, own].copy()
        far[each, own] = np.inf
        nearest = far.min(axis=1)
        margin = 1 - np.divide(distance, nearest, out=np.ones_like(distance), where=nearest > 0)
        return pd.DataFrame({"distance": distance, "margin": np.clip(margin, 0, 1)})

    @available_if(_is_density)
    def log_density(self, X: pd.DataFrame) -> np.ndarray:
        """Return the log density of each customer on the common scale, (m,)."""
        return self.learner_.score_samples(self._points(X))

    def _scaled(self, X: pd.DataFrame) -> np.ndarray:
        """Learn the common scale from the numeric columns of X and return the points (n, p)."""
        numbers = X.select_dtypes("number")
        self.columns_ = list(numbers.columns)
        if not self.columns_:
            raise NotApplicable("no numeric column to segment on; the rows have " + ", ".join(X.columns))
        self.input_ = segment_input().fit(numbers)
        return self.input_.transform(numbers)

    def _points(self, X: pd.DataFrame) -> np.ndarray:
        """Return rows on the common scale, (m, p)."""
        return self.input_.transform(X[self.columns_])

    def _tested(self, X: pd.DataFrame) -> np.ndarray:
        """Return the points (n, p) that the gate tests: scaled anew after counts lost their lattice."""
        numbers = X[self.columns_].to_numpy(dtype=float)
        smooth = unrounded(numbers, seed=seed_of(self.seed, "gate"))
        return segment_input().fit_transform(pd.DataFrame(smooth, columns=self.columns_))

    def _fit_learner(self, points: np.ndarray) -> None:
        """Fit the learner with k_ segments; one segment needs none, unless it is a density."""
        self.learner_ = None
        if self.k_ == 1 and not _is_density(self):
            return
        self.learner_ = fits(self.learner, self.count, points, [self.k_])[0]
        if not getattr(self.learner_, "converged_", True):
            raise DidNotConverge(
                f"no convergence in {self.learner_.max_iter} steps on {len(points)} rows with {self.k_} "
                "segments: ask for fewer segments"
            )
        self.details_ |= getattr(self.learner_, "details_", {})
        if _is_density(self):
            self.parameters_ = parameters(self.learner_, points)

    def _labels(self, points: np.ndarray) -> np.ndarray:
        """Return the learner's own numbers of the segments, (m,)."""
        if self.learner_ is None:
            return np.zeros(len(points), dtype=np.int64)
        return self.learner_.predict(points)


def _distinct(points: np.ndarray, enough: int) -> int:
    """Return how many distinct points there are, or `enough` at least: a million rows need no sorting."""
    some = len(np.unique(points[:1000], axis=0))
    return some if some >= max(enough, 2) else len(np.unique(points, axis=0))


def _centres(points: np.ndarray, segments: np.ndarray, k: int) -> np.ndarray:
    """Return the mean point of each segment (k, p); an empty one is infinitely far from everyone."""
    centres = np.full((k, points.shape[1]), np.inf)
    for segment in np.unique(segments):
        centres[segment] = points[segments == segment].mean(axis=0)
    return centres


def ranks(labels: np.ndarray, k: int, money: pd.Series | None) -> np.ndarray:
    """Return the place of each label 0..k-1 by falling mean of `money`, or by falling size."""
    sizes = np.bincount(labels, minlength=k)
    if money is None:
        worth = sizes.astype(float)
    else:
        worth = np.bincount(labels, money.fillna(0).to_numpy(), minlength=k) / np.maximum(sizes, 1)
    rank = np.empty(k, dtype=np.int64)
    rank[np.argsort(-worth, kind="stable")] = np.arange(k)
    return rank
