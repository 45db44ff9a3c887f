"""Given scores: somebody else's scores, in a column of the rows, as they are."""

from __future__ import annotations

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, ClassifierMixin

from crmlab.declare.method import method


@method(label="Given scores", cite="Whoever made them")
def given_scores(column: str = "given_score"):
    """column: the score, higher where the outcome is likelier."""
    return GivenScores(column)


class GivenScores(ClassifierMixin, BaseEstimator):
    """Answers with a column; who has no score there gets the base rate of the train rows."""

    def __init__(self, column: str):
        self.column = column

    def fit(self, X: pd.DataFrame, y: np.ndarray) -> GivenScores:
        """Take the base rate from the train rows."""
        self.classes_, self.base_rate_, self.details_ = np.array([0, 1]), float(np.mean(y)), {}
        if self.column not in X:
            self.details_ = {"note": f"no column '{self.column}' holds scores: the base rate for everyone"}
        return self

    def predict_proba(self, X: pd.DataFrame) -> np.ndarray:
        """Return the scores as those of class 1, shape (m, 2)."""
        known = np.full(len(X), self.base_rate_)
        if self.column in X:
            known = X[self.column].astype(float).fillna(self.base_rate_).to_numpy()
        return np.column_stack([1 - known, known])
