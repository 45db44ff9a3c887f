"""Given scores: somebody else's scores, in a column of the rows, as they are."""

from __future__ import annotations

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, ClassifierMixin

from crmlab.declare.method import method
from crmlab.errors import NotApplicable


@method(label="Given scores")
def given_scores(column: str = "given_score"):
    """column: the score, higher where the outcome is likelier."""
    return GivenScores(column)


class GivenScores(ClassifierMixin, BaseEstimator):
    """Answers with a column; a missing score is the mean of those that are there."""

    def __init__(self, column: str):
        self.column = column

    def fit(self, X: pd.DataFrame, y: np.ndarray) -> GivenScores:
        """Learn nothing. Raises NotApplicable where the column is absent."""
        if self.column not in X:
            raise NotApplicable(f"the rows have no column '{self.column}'")
        self.classes_ = np.array([0, 1])
        return self

    def predict_proba(self, X: pd.DataFrame) -> np.ndarray:
        """Return the scores as those of class 1, shape (m, 2)."""
        score = X[self.column].astype(float)
        known = score.fillna(score.mean()).fillna(0.5).to_numpy()
        return np.column_stack([1 - known, known])
