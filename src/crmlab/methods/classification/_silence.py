"""Rules that rank customers by how long they have been silent, with a probability learnt on train rows."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.special import expit, logit
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.linear_model import LogisticRegression


class Silence(ClassifierMixin, BaseEstimator):
    """Ranks by a silence that a subclass measures; the probability is calibrated on train rows.

    The calibration is Platt's (1999) logistic curve over the silence: strictly increasing, so the
    ranking stays the rule's own, where steps (isotonic) would make ties. Where longer silence does not go
    with more churn in the train rows, the rule knows nothing and answers with the base rate; so it
    does for a row whose silence is unknown (NaN).
    """

    def silence(self, X: pd.DataFrame) -> np.ndarray:
        """Return how silent each customer is, (n,), on a logarithmic scale; NaN where unknown."""
        raise NotImplementedError

    def calibrate(self, X: pd.DataFrame, y: np.ndarray) -> None:
        """Fit the curve on the train rows X (n, p), y (n,)."""
        silence = self.silence(X)
        known = ~np.isnan(silence)
        self.classes_ = np.array([0, 1])
        self.base_rate_ = float(np.mean(y))
        self.intercept_, self.slope_ = float(logit(self.base_rate_)), 0.0
        if len(np.unique(np.asarray(y)[known])) == 2:
            curve = LogisticRegression(solver="newton-cholesky", tol=1e-8).fit(silence[known, None], y[known])
            if curve.coef_[0, 0] > 0:
                self.intercept_, self.slope_ = float(curve.intercept_[0]), float(curve.coef_[0, 0])

    def predict_proba(self, X: pd.DataFrame) -> np.ndarray:
        """Return the probabilities of class 0 and 1, shape (m, 2)."""
        silence = self.silence(X)
        rate = np.where(np.isnan(silence), self.base_rate_, expit(self.intercept_ + self.slope_ * silence))
        return np.column_stack([1 - rate, rate])
