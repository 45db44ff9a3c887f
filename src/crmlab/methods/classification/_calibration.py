"""Probabilities for learners that only rank: Platt's curve on later rows than they learned from."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.special import expit
from sklearn.base import BaseEstimator, ClassifierMixin, clone

from crmlab.methods.classification._inner import at, earlier_and_later, sample_details, sampled
from crmlab.methods.classification._logistic import penalised_logistic


class Calibrated(ClassifierMixin, BaseEstimator):
    """A learner with `decision_function`, and Platt's (1999) curve from its values to probabilities.

    The curve is fitted on the later train rows, by a copy of the learner that has seen the earlier rows
    only; the learner itself then learns from all. What it learns of the later rows' base rate is in the
    curve already, so its values are moved to the copy's mean over those rows. The curve never falls: it
    does not turn the ranking round. Where the later rows are too few, or the copy ranks them no better than
    chance (the best curve that does not fall is level, and would make all answers one), both learn from all
    rows.

    max_rows: a seeded sample of so many rows is enough. because: what the note says of the reason.
    """

    def __init__(self, learner: Any, max_rows: int | None = None, because: str = "", seed: int = 0):
        self.learner = learner
        self.max_rows = max_rows
        self.because = because
        self.seed = seed

    def fit(self, X: np.ndarray, y: np.ndarray, inner: np.ndarray | None = None) -> Calibrated:
        """Fit learner and curve on the train rows X (n, p), y (n,)."""
        used = sampled(y, max_rows=self.max_rows or len(y), seed=self.seed)
        self.details_ = sample_details(len(used), len(y), because=self.because)
        X, y = X[used], y[used]
        self.classes_ = np.array([0, 1])
        self.learner_ = clone(self.learner).fit(X, y)
        self.curve_ = self._later_curve(X, y, earlier_and_later(y, at(inner, used)))
        if self.curve_ is None:
            self.curve_ = platt(self.learner_.decision_function(X), y)
        return self

    def _later_curve(
        self, X: np.ndarray, y: np.ndarray, parts: tuple[np.ndarray, np.ndarray] | None
    ) -> tuple[float, float] | None:
        """Return the curve of the later rows; None where they are too few, or it is level."""
        if parts is None:
            return None
        earlier, later = parts
        judged = clone(self.learner).fit(X[earlier], y[earlier]).decision_function(X[later])
        slope, intercept = platt(judged, y[later])
        moved = np.mean(judged) - np.mean(self.learner_.decision_function(X[later]))
        return (slope, float(intercept + slope * moved)) if slope > 0 else None

    def predict_proba(self, X: np.ndarray) -> np.ndarray:
        """Return the probabilities of class 0 and 1, shape (m, 2)."""
        slope, intercept = self.curve_
        rate = expit(intercept + slope * self.learner_.decision_function(X))
        return np.column_stack([1 - rate, rate])


def platt(values: np.ndarray, y: np.ndarray) -> tuple[float, float]:
    """Return slope (at least 0) and intercept of the curve from values (n,) to the rate of class 1.

    The targets are Platt's (1999, section 2.2): (n1 + 1) / (n1 + 2) and 1 / (n0 + 2), so that the
    slope stays finite where the values separate the classes.
    """
    ones = int(np.sum(y))
    targets = np.where(np.asarray(y) == 1, (ones + 1) / (ones + 2), 1 / (len(y) - ones + 2))
    # the optimiser wants values of order 1
    spread = float(np.std(values)) or 1.0
    slope, intercept = penalised_logistic(values[:, None] / spread, targets, nonnegative=True)
    return float(slope[0]) / spread, intercept
