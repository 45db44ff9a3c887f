"""Rules for spend: a column scaled, or means; their intervals are what train rows of the same grade spent."""

from __future__ import annotations

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator

from crmlab.maths.value import HIGH, LOW

GRADES = 20
"""Groups of equal size by predicted spend; equal predictions share one."""


class Graded(BaseEstimator):
    """Predicts by a rule, `rule(X)`, and takes interval and P(no spend) from train rows of the grade.

    Within a grade the customers of train and test are exchangeable as far as the rule can tell, so the ends
    of the interval are plain quantiles of what the grade's train rows spent. That is near to split conformal
    prediction by group, without its guarantee: no row stands in for the customer to come (n + 1), the edges
    of the grades come from the same rows, and so does the rule itself where it is a mean of their spend.
    """

    def fit(self, X: pd.DataFrame, value: np.ndarray, *, horizon_days: float) -> Graded:
        """Take the grades from rows X (n, p) and what each spent (n,)."""
        self.horizon_days_ = float(horizon_days)
        self.prepare(X, value)
        score = self.rule(X)
        inner = np.quantile(score, np.arange(1, GRADES) / GRADES)
        # an edge at the lowest prediction: a grade of those of whom nothing is expected
        self.edges_ = np.unique(np.append(inner, np.nextafter(score.min(), np.inf)))
        grade = self._grade(score)
        self.lower_, self.upper_ = (np.empty(len(self.edges_) + 1) for _ in range(2))
        self.p_zero_ = np.empty(len(self.edges_) + 1)
        for g in range(len(self.p_zero_)):
            mine = value[grade == g] if (grade == g).any() else value
            self.lower_[g] = np.quantile(mine, LOW, method="inverted_cdf")
            self.upper_[g] = np.quantile(mine, HIGH, method="inverted_cdf")
            self.p_zero_[g] = (mine <= 0).mean()
        return self

    def prepare(self, X: pd.DataFrame, value: np.ndarray) -> None:
        """Take from the train rows what the rule needs; most rules need nothing."""

    def rule(self, X: pd.DataFrame) -> np.ndarray:
        """Return the expected spend of rows X (m, p) in the horizon, (m,)."""
        raise NotImplementedError

    def predict(self, X: pd.DataFrame) -> pd.DataFrame:
        """Return score, lower, upper and p_zero, one row per row of X (m, p)."""
        score = self.rule(X)
        grade = self._grade(score)
        found = {"lower": self.lower_, "upper": self.upper_, "p_zero": self.p_zero_}
        return pd.DataFrame({"score": score} | {name: of[grade] for name, of in found.items()})

    def _grade(self, score: np.ndarray) -> np.ndarray:
        """Return the grade of each predicted spend, (m,)."""
        return np.searchsorted(self.edges_, score, side="right")
