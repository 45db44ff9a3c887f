"""k-medoids on mixed columns: each segment is the customers nearest to one of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, ClusterMixin, clone

from crmlab.declare.method import method
from crmlab.declare.parameters import Range
from crmlab.errors import NotApplicable
from crmlab.maths.encoding import signed_log
from crmlab.methods.clustering._mixed import choose, closeness
from crmlab.methods.clustering._segmenter import ranks
from crmlab.seeds import generator

OUTER = 0.01
"""The part of the train rows on each side whose numbers are pulled in, as on the common scale."""


@method(label="k-medoids (Gower)", cite="Schubert and Rousseeuw 2021; Gower 1971")
def kmedoids(
    k: Annotated[int | None, Range(1)] = None, max_rows: Annotated[int, Range(100)] = 2000, seed: int = 0
):
    """k: segments; None = chosen on the train rows by stability.

    max_rows: time and memory grow with the square of the rows; of more, a seeded sample is clustered.
    """
    return KMedoids(k, max_rows, seed)


class KMedoids(ClusterMixin, BaseEstimator):
    """Finds k customers of a sample of at most `max_rows`; everyone belongs to the nearest one.

    Nearest by Gower's distance over numeric and text columns. Whether there is structure is tested on
    the numeric columns only. Segments are numbered by falling mean `monetary_value` of the train
    rows, or by falling size where that column is absent.
    """

    def __init__(self, k: int | None, max_rows: int, seed: int):
        self.k = k
        self.max_rows = max_rows
        self.seed = seed

    def fit(self, X: pd.DataFrame, y: object = None) -> KMedoids:
        """Fit on the train rows X (n, p). Raises NotApplicable where all rows are alike."""
        rows = np.arange(len(X))
        if len(X) > self.max_rows:
            rows = np.sort(generator(self.seed, "kmedoids").choice(len(X), self.max_rows, replace=False))
        self.scale_ = GowerScale().fit(X)
        points = self.scale_.learn(X.iloc[rows])
        distinct = len(np.unique(np.nan_to_num(points, nan=np.inf), axis=0))
        if distinct < 2:
            raise NotApplicable(f"the {len(X)} rows are all alike: there is nothing to tell apart")
        self.details_ = {}
        learner = Medoids(numbers=self.scale_.numbers_, seed=self.seed)
        if self.k is None:
            self.details_["choice"] = choose(learner, learner, X, points, by="stability", seed=self.seed)
        self.k_ = min(self.k or self.details_["choice"]["k"], distinct)
        found = learner.set_params(k=self.k_).fit(points)
        self.medoids_, self.loss_ = found.medoids_, found.loss_
        self.scale_.forget(self.medoids_)
        labels = self._far(X).argmin(axis=1)
        self.medoids_ = self.medoids_[np.argsort(ranks(labels, self.k_, X.get("monetary_value")))]
        if len(rows) < len(X):
            self.details_["note"] = (
                f"clustered a seeded sample of {len(rows):,} of {len(X):,} rows: time and memory grow "
                "with the square; the others belong to the nearest medoid"
            )
        return self

    def predict(self, X: pd.DataFrame) -> np.ndarray:
        """Return the segment of the nearest medoid, shape (m,)."""
        return self._far(X).argmin(axis=1)

    def closeness(self, X: pd.DataFrame) -> pd.DataFrame:
        """Return Gower's `distance` to the own medoid, 0 to 1, and the `margin` to the next one."""
        far = self._far(X)
        return closeness(far, far.argmin(axis=1))

    def _far(self, X: pd.DataFrame) -> np.ndarray:
        """Return the distances of rows to the medoids, (m, k)."""
        return gower(self.scale_.transform(X), self.medoids_, numbers=self.scale_.numbers_)


class Medoids(ClusterMixin, BaseEstimator):
    """FasterPAM (Schubert and Rousseeuw 2021) on points (n, p): `numbers` columns, then codes of texts."""

    def __init__(self, k: int = 2, numbers: int = 0, seed: int = 0):
        self.k = k
        self.numbers = numbers
        self.seed = seed

    def fit(self, X: np.ndarray, y: object = None) -> Medoids:
        """Keep the k medoids of X and the mean distance to them. Raises NotApplicable without kmedoids."""
        return self.fit_each(X, [self.k])[0]

    def fit_each(self, X: np.ndarray, ks: Sequence[int]) -> list[Medoids]:
        """Return one fitted copy for each k in `ks`, from one table of distances."""
        try:
            from kmedoids import fasterpam
        except ImportError:
            raise NotApplicable("needs the package kmedoids: pip install 'crmlab[copyleft]'") from None
        far = gower(X, X, numbers=self.numbers)
        models = [clone(self) for _ in ks]
        for model, k in zip(models, ks, strict=True):
            found = fasterpam(far, min(k, len(X)), init="build", random_state=self.seed, n_cpu=1)
            model.medoids_, model.loss_ = X[found.medoids.astype(np.int64)], float(found.loss) / len(X)
        return models

    def predict(self, X: np.ndarray) -> np.ndarray:
        """Return the number of the nearest medoid, shape (m,)."""
        return gower(X, self.medoids_, numbers=self.numbers).argmin(axis=1)


class GowerScale(BaseEstimator):
    """Makes the numbers that `gower` compares, of the columns that vary in the train rows.

    Numbers: signed log, the outer 1 % of the train rows on each side pulled in, and divided by their
    range, so that no single big spender shrinks the differences of all others. Texts: a code for
    each level. Gaps stay gaps (NaN); a level without a code is -1.
    """

    def fit(self, X: pd.DataFrame) -> GowerScale:
        """Take the limits of numbers from the train rows X (n, p), and see which columns vary."""
        self.limits_, self.codes_ = {}, {}
        for column in X:
            known = X[column].dropna()
            if known.nunique() < 2:
                continue
            if pd.api.types.is_numeric_dtype(known):
                logs = np.sort(signed_log(known.to_numpy(dtype=np.float64)))
                outer = int(OUTER * len(logs))
                low, high = logs[outer], logs[len(logs) - 1 - outer]
                if high > low:
                    self.limits_[column] = (float(low), float(high))
            else:
                self.codes_[column] = {}
        self.numbers_ = len(self.limits_)
        return self

    def learn(self, X: pd.DataFrame) -> np.ndarray:
        """Return the points of X (n, p) after every level in it got a code."""
        for column in self.codes_:
            levels = pd.unique(X[column].dropna().astype(str))
            self.codes_[column] = {level: code for code, level in enumerate(levels)}
        return self.transform(X)

    def forget(self, points: np.ndarray) -> None:
        """Drop the codes that none of the points has: nothing is compared with them any more."""
        for place, (column, codes) in enumerate(self.codes_.items(), start=self.numbers_):
            kept = set(points[:, place])
            self.codes_[column] = {level: code for level, code in codes.items() if code in kept}

    def transform(self, X: pd.DataFrame) -> np.ndarray:
        """Return points (m, q): first the numbers, 0 to 1, then the codes."""
        found = []
        for column, (low, high) in self.limits_.items():
            logs = signed_log(X[column].to_numpy(dtype=np.float64))
            found.append((np.clip(logs, low, high) - low) / (high - low))
        for column, codes in self.codes_.items():
            known = X[column].notna()
            code = X[column].astype(object).where(known, "").map(str).map(codes).fillna(-1.0)
            found.append(np.where(known, code.to_numpy(dtype=np.float64), np.nan))
        return np.column_stack(found) if found else np.zeros((len(X), 0))


def gower(a: np.ndarray, b: np.ndarray, *, numbers: int) -> np.ndarray:
    """Return Gower's (1971) distance, 0 to 1, between rows of a (m, p) and of b (n, p): (m, n).

    The mean over the columns that both rows know: the difference of the first `numbers` columns
    (scaled to a range of 1), and 0 or 1 for equal or other codes. Rows that share no known column
    are 1 apart.
    """
    total, known = np.zeros((len(a), len(b))), np.zeros((len(a), len(b)))
    for j in range(a.shape[1]):
        left, right = a[:, j, None], b[None, :, j]
        both = ~(np.isnan(left) | np.isnan(right))
        apart = np.abs(left - right) if j < numbers else (left != right).astype(np.float64)
        total += np.where(both, apart, 0.0)
        known += both
    return np.divide(total, known, out=np.ones_like(total), where=known > 0)
