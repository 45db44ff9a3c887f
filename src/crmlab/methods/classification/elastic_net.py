"""Logistic regression with an elastic net: a penalty that also drops columns."""

from __future__ import annotations

from typing import Annotated

import numpy as np
from scipy.special import expit
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.pipeline import make_pipeline

from crmlab.declare.method import method
from crmlab.declare.parameters import Range
from crmlab.maths.encoding import linear_input
from crmlab.methods.classification._logistic import penalised_logistic


@method(label="Elastic net", cite="Zou and Hastie 2005")
def elastic_net(penalty: Annotated[float, Range(0)] = 0.003, l1_ratio: Annotated[float, Range(0, 1)] = 0.5):
    """penalty: weight against the mean log loss of a row. l1_ratio: the part that drops columns."""
    return make_pipeline(linear_input(), ElasticNetLogistic(penalty, l1_ratio))


class ElasticNetLogistic(ClassifierMixin, BaseEstimator):
    """Minimises mean log loss + penalty × (l1_ratio Σ|w| + (1 − l1_ratio)/2 Σw²), w without the intercept."""

    def __init__(self, penalty: float, l1_ratio: float):
        self.penalty = penalty
        self.l1_ratio = l1_ratio

    def fit(self, X: np.ndarray, y: np.ndarray) -> ElasticNetLogistic:
        """Find the coefficients on the train rows X (n, p), y (n,)."""
        l1, l2 = self.penalty * self.l1_ratio, self.penalty * (1 - self.l1_ratio)
        self.classes_ = np.array([0, 1])
        self.coef_, self.intercept_ = penalised_logistic(X, y, l1=l1, l2=l2)
        return self

    def predict_proba(self, X: np.ndarray) -> np.ndarray:
        """Return the probabilities of class 0 and 1, shape (m, 2)."""
        rate = expit(X @ self.coef_ + self.intercept_)
        return np.column_stack([1 - rate, rate])
