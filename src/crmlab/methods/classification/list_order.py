"""Contact in list order: whoever has waited longest on the list comes first."""

from __future__ import annotations

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, ClassifierMixin

from crmlab.declare.method import method

TILT = 0.01
"""How far a score departs from the base rate at most, as a share of the room to 0 and 1: to rank by."""


@method(label="List order", control="status_quo")
def list_order(column: str = "days_since_first_session"):
    """column: days since a prospect came on the list."""
    return ListOrder(column)


class ListOrder(ClassifierMixin, BaseEstimator):
    """Ranks by the time on the list, the oldest first, and claims the base rate for everyone.

    The order is kept whatever the outcomes of the train rows say, as a call centre keeps it that does
    not look; only the base rate is estimated. A missing time comes last. Where rows tell no time on the
    list, their position in a file is no property of a prospect: everyone gets the base rate, which
    is what a list in arbitrary order earns on average.
    """

    def __init__(self, column: str):
        self.column = column

    def fit(self, X: pd.DataFrame, y: np.ndarray) -> ListOrder:
        """Take the base rate, and the median wait, from the train rows."""
        self.classes_ = np.array([0, 1])
        self.base_rate_, self.median_, self.details_ = float(np.mean(y)), None, {}
        if self.column not in X:
            note = f"no column '{self.column}' tells the order of the list: the base rate for everyone"
            self.details_ = {"note": note}
        elif X[self.column].notna().any():
            self.median_ = max(float(X[self.column].clip(lower=0).median()), 1.0)
        return self

    def predict_proba(self, X: pd.DataFrame) -> np.ndarray:
        """Return the probabilities of class 0 and 1, shape (m, 2)."""
        waited = np.full(len(X), 0.5)
        if self.median_ is not None:
            days = X[self.column].fillna(0).clip(lower=0).to_numpy(dtype=float)
            waited = days / (days + self.median_)  # 0 for the newest, 1/2 at the median, below 1
        room = min(self.base_rate_, 1 - self.base_rate_)
        rate = self.base_rate_ + TILT * room * (2 * waited - 1)
        return np.column_stack([1 - rate, rate])
