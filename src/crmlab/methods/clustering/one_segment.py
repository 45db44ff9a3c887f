"""Everyone in one segment: the answer that tells no customers apart."""

from __future__ import annotations

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, ClusterMixin

from crmlab.declare.method import method


@method(label="One segment", control="chance")
def one_segment():
    """Answer with segment 0."""
    return OneSegment()


class OneSegment(ClusterMixin, BaseEstimator):
    """Answers with segment 0 for every row."""

    def fit(self, X: pd.DataFrame, y: object = None) -> OneSegment:
        """Learn nothing."""
        return self

    def predict(self, X: pd.DataFrame) -> np.ndarray:
        """Return zeros, shape (m,)."""
        return np.zeros(len(X), dtype=np.int64)
