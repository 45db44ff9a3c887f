"""The RFM score: recency, frequency and money, a fifth each, as shops have ranked since mail order."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.special import expit
from sklearn.base import BaseEstimator, ClassifierMixin

from crmlab.declare.method import method
from crmlab.errors import NotApplicable
from crmlab.methods.classification._logistic import penalised_logistic

RIDGE = 1e-4
"""Keeps the curve finite where the score separates the classes."""


@method(label="RFM score", cite="Hughes 1994", control="status_quo")
def rfm_score(
    recency: str = "days_since_last", frequency: str = "frequency", monetary: str = "monetary_value"
):
    """recency, frequency, monetary: the columns of the score; a small recency is good."""
    return RFMScore(recency, frequency, monetary)


class RFMScore(ClassifierMixin, BaseEstimator):
    """Ranks by the sum of three scores from 1 to 5, by quintile of the train rows.

    A score is 1 + the number of inner quintile edges that a value exceeds; a missing value scores 1.
    The sum, 3 to 15, becomes a probability by a logistic curve, whose sign says whether good
    customers are the ones who buy or, as with churn, the ones who do not leave.
    """

    def __init__(self, recency: str, frequency: str, monetary: str):
        self.recency = recency
        self.frequency = frequency
        self.monetary = monetary

    def fit(self, X: pd.DataFrame, y: np.ndarray) -> RFMScore:
        """Take edges and curve from the train rows. Raises NotApplicable where a column is absent."""
        absent = [c for c in (self.recency, self.frequency, self.monetary) if c not in X]
        if absent:
            raise NotApplicable(f"the rows have no column '{absent[0]}'")
        self.classes_ = np.array([0, 1])
        self.edges_ = [
            np.quantile(known, np.arange(1, 5) / 5) if len(known) else np.array([])
            for part in self._parts(X)
            for known in [part[np.isfinite(part)]]
        ]
        slope, self.intercept_ = penalised_logistic(self._centred(X), y, l2=RIDGE)
        self.slope_ = float(slope[0])
        return self

    def score(self, X: pd.DataFrame) -> np.ndarray:
        """Return the RFM score, 3 to 15, shape (m,)."""
        pairs = zip(self.edges_, self._parts(X), strict=True)
        return sum(1 + np.searchsorted(edges, part, side="left") for edges, part in pairs)

    def predict_proba(self, X: pd.DataFrame) -> np.ndarray:
        """Return the probabilities of class 0 and 1, shape (m, 2)."""
        rate = expit(self.intercept_ + self.slope_ * self._centred(X)[:, 0])
        return np.column_stack([1 - rate, rate])

    def _parts(self, X: pd.DataFrame) -> list[np.ndarray]:
        """Return recency, frequency and money as large-is-good arrays, -inf where missing."""
        signs = {self.recency: -1, self.frequency: 1, self.monetary: 1}
        return [(X[c] * sign).fillna(-np.inf).to_numpy(dtype=float) for c, sign in signs.items()]

    def _centred(self, X: pd.DataFrame) -> np.ndarray:
        """Return the score around its middle, in units of 4 points, shape (m, 1)."""
        return (self.score(X)[:, None] - 9) / 4
