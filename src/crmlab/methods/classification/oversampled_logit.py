"""Logistic regression on classes made equal by repeating rows: what resampling buys, inside the fold."""

from __future__ import annotations

import warnings
from typing import Annotated

import numpy as np
from scipy.special import expit
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from crmlab.declare.method import method
from crmlab.declare.parameters import Range
from crmlab.maths.encoding import linear_input
from crmlab.seeds import generator


@method(label="Logistic regression, oversampled", cite="King and Zeng 2001")
def oversampled_logit(C: Annotated[float, Range(above=0)] = 1.0, seed: int = 0):
    """C: inverse of the penalty's weight, on standardised columns."""
    return make_pipeline(linear_input(), Oversampled(C, seed))


class Oversampled(ClassifierMixin, BaseEstimator):
    """Repeats train rows of the rarer class, at random, until both classes are equal.

    The repeated rows change the base rate that the model sees; the intercept is moved back by the log
    odds of the true one (King and Zeng 2001, equation 7), so that the answers are probabilities.
    """

    def __init__(self, C: float, seed: int):
        self.C = C
        self.seed = seed

    def fit(self, X: np.ndarray, y: np.ndarray) -> Oversampled:
        """Repeat, fit and correct on the train rows X (n, p), y (n,)."""
        rarer = int(np.mean(y) < 0.5)
        those = np.flatnonzero(y == rarer)
        more = generator(self.seed, "oversampled").choice(those, len(y) - 2 * len(those))
        copies = 1 + np.bincount(more, minlength=len(y))
        self.classes_ = np.array([0, 1])
        model = LogisticRegression(C=self.C, solver="newton-cholesky", tol=1e-8)
        with warnings.catch_warnings():
            # of equal classes and equal rows the start is the optimum, and a step finds nothing better
            warnings.filterwarnings("ignore", "Line search of Newton", ConvergenceWarning)
            model.fit(X, y, sample_weight=copies)
        self.coef_ = model.coef_[0]
        self.intercept_ = float(model.intercept_[0] + np.log(np.mean(y)) - np.log1p(-np.mean(y)))
        return self

    def predict_proba(self, X: np.ndarray) -> np.ndarray:
        """Return the probabilities of class 0 and 1, shape (m, 2)."""
        rate = expit(X @ self.coef_ + self.intercept_)
        return np.column_stack([1 - rate, rate])
