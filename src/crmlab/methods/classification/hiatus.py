"""The hiatus rule: whoever has not bought for long has left."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.special import expit, logit
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.linear_model import LogisticRegression

from crmlab.encoding import signed_log
from crmlab.errors import NotApplicable
from crmlab.registry import method


@method(label="Hiatus rule", cite="Wübben and von Wangenheim 2008", control="status_quo")
def hiatus(column: str = "days_since_last"):
    """column: days since the last purchase."""
    return Hiatus(column)


class Hiatus(ClassifierMixin, BaseEstimator):
    """Ranks by the days since the last purchase; the probability is calibrated on train rows.

    The calibration is Platt's (1999) logistic curve over the logarithm of the days: strictly
    increasing, so the ranking stays the rule's own, where steps (isotonic) would make ties. Where
    longer absence does not go with more churn in the train rows, the rule knows nothing and answers
    with the base rate; so it does for a row without a last purchase.
    """

    def __init__(self, column: str):
        self.column = column

    def fit(self, X: pd.DataFrame, y: np.ndarray) -> Hiatus:
        """Calibrate on the train rows. Raises NotApplicable where the column is absent."""
        if self.column not in X:
            raise NotApplicable(f"the rows have no column '{self.column}'")
        days = self._log_days(X)
        known = ~np.isnan(days)
        self.classes_ = np.array([0, 1])
        self.base_rate_ = float(np.mean(y))
        self.intercept_, self.slope_ = float(logit(self.base_rate_)), 0.0
        if len(np.unique(np.asarray(y)[known])) == 2:
            curve = LogisticRegression(solver="newton-cholesky", tol=1e-8).fit(days[known, None], y[known])
            if curve.coef_[0, 0] > 0:
                self.intercept_, self.slope_ = float(curve.intercept_[0]), float(curve.coef_[0, 0])
        return self

    def unfitted(self) -> Hiatus:
        """Return the bare rule, for problems without train rows: it ranks, and claims no probability.

        The score is then the logarithm of 1 + days, which measures of probabilities refuse.
        """
        self.classes_, self.base_rate_ = np.array([0, 1]), None
        return self

    def predict_proba(self, X: pd.DataFrame) -> np.ndarray:
        """Return the probabilities of class 0 and 1, shape (m, 2)."""
        days = self._log_days(X)
        if self.base_rate_ is None:
            return np.column_stack([-days, days])
        rate = np.where(np.isnan(days), self.base_rate_, expit(self.intercept_ + self.slope_ * days))
        return np.column_stack([1 - rate, rate])

    def _log_days(self, X: pd.DataFrame) -> np.ndarray:
        """Return the logarithm of 1 + days, NaN where there was no purchase."""
        return signed_log(X[self.column].to_numpy(dtype=float))
