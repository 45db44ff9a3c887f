"""The past rate of each level of one column: how shops pick channels and sources today."""

from __future__ import annotations

from typing import Annotated

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, ClassifierMixin

from crmlab.declare.method import method
from crmlab.declare.parameters import Range
from crmlab.errors import NotApplicable
from crmlab.maths.encoding import MISSING, levels_of


@method(label="Past rate by level", control="status_quo")
def rate_by_level(column: str = "channel", prior_rows: Annotated[float, Range(0)] = 20.0):
    """column: whose levels to tell apart. prior_rows: rows' worth of belief in the base rate."""
    return RateByLevel(column, prior_rows)


class RateByLevel(ClassifierMixin, BaseEstimator):
    """Answers with (positives + prior_rows × base rate) / (rows + prior_rows) of a row's level.

    A missing level and one that was not seen in training get the base rate.
    """

    def __init__(self, column: str, prior_rows: float):
        self.column = column
        self.prior_rows = prior_rows

    def fit(self, X: pd.DataFrame, y: np.ndarray) -> RateByLevel:
        """Count rows and positives per level. Raises NotApplicable where the column is absent."""
        if self.column not in X:
            raise NotApplicable(f"the rows have no column '{self.column}'")
        counts = pd.Series(y).groupby(self._levels(X)).agg(["sum", "size"]).drop(MISSING, errors="ignore")
        self.classes_ = np.array([0, 1])
        self.base_rate_ = float(np.mean(y))
        rates = (counts["sum"] + self.prior_rows * self.base_rate_) / (counts["size"] + self.prior_rows)
        self.rates_ = {str(level): float(rate) for level, rate in rates.items()}
        return self

    def predict_proba(self, X: pd.DataFrame) -> np.ndarray:
        """Return the probabilities of class 0 and 1, shape (m, 2)."""
        rate = np.array([self.rates_.get(level, self.base_rate_) for level in self._levels(X)], dtype=float)
        return np.column_stack([1 - rate, rate])

    def _levels(self, X: pd.DataFrame) -> np.ndarray:
        """Return the column's values as text."""
        return levels_of(X[[self.column]])[self.column].to_numpy()
