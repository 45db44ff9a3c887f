"""The hiatus rule as shops use it: a threshold of days, tuned on earlier origins, and nothing in between."""

from __future__ import annotations

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, ClassifierMixin

from crmlab.declare.method import method
from crmlab.errors import NotApplicable


@method(label="Hiatus threshold", cite="Wübben and von Wangenheim 2008; threshold by Youden 1950")
def hiatus_tuned(column: str = "days_since_last"):
    """column: days since the last purchase."""
    return HiatusThreshold(column)


class HiatusThreshold(ClassifierMixin, BaseEstimator):
    """Declares gone whoever has been silent for `threshold_` days or more; the score is that side's churn.

    The threshold has the largest Youden index (share of the lost it catches less share of the loyal it
    accuses); of equal ones the smallest. It comes from the train rows, whose label windows all end
    before the cutoff that is tested: from earlier origins, that is. The rate of a side is smoothed by
    half a customer of each kind. Without a known last purchase the base rate answers.
    """

    def __init__(self, column: str):
        self.column = column

    def fit(self, X: pd.DataFrame, y: np.ndarray) -> HiatusThreshold:
        """Choose the threshold on the train rows. Raises NotApplicable where the column says nothing."""
        if self.column not in X:
            raise NotApplicable(f"the rows have no column '{self.column}'")
        days, y = X[self.column].to_numpy(dtype=float), np.asarray(y)
        known = ~np.isnan(days)
        if not known.any():
            raise NotApplicable(f"no train row has a value in '{self.column}'")
        self.classes_, self.base_rate_ = np.array([0, 1]), float(np.mean(y))
        cuts, code = np.unique(days[known], return_inverse=True)
        lost = np.bincount(code, weights=y[known], minlength=len(cuts))
        kept = np.bincount(code, minlength=len(cuts)) - lost
        caught, accused = (np.cumsum(part[::-1])[::-1] / max(part.sum(), 1) for part in (lost, kept))
        self.threshold_ = float(cuts[np.argmax(caught - accused)])
        silent = days[known] >= self.threshold_
        self.rates_ = [_rate(y[known][side]) for side in (~silent, silent)]
        self.details_ = {
            "threshold_days": self.threshold_,
            "note": f"gone after {self.threshold_:.0f} days: {self.rates_[1]:.1%} of those churned in the "
            f"train rows, {self.rates_[0]:.1%} of the others",
        }
        return self

    def predict_proba(self, X: pd.DataFrame) -> np.ndarray:
        """Return the probabilities of class 0 and 1, shape (m, 2)."""
        days = X[self.column].to_numpy(dtype=float)
        rate = np.where(days >= self.threshold_, self.rates_[1], self.rates_[0])
        rate = np.where(np.isnan(days), self.base_rate_, rate)
        return np.column_stack([1 - rate, rate])


def _rate(y: np.ndarray) -> float:
    """Return the rate of 1s in y (n,), smoothed towards one half (Jeffreys 1946)."""
    return float((y.sum() + 0.5) / (len(y) + 1))
