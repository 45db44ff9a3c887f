"""A stack: three unlike learners, weighted by how they did on later rows."""

from __future__ import annotations

from typing import Annotated

import numpy as np
import pandas as pd
from scipy.special import expit, logit
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.ensemble import ExtraTreesClassifier, HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from crmlab.declare.method import method
from crmlab.declare.parameters import Range
from crmlab.maths.encoding import linear_input, tree_input
from crmlab.methods.classification._inner import earlier_and_later
from crmlab.methods.classification._logistic import penalised_logistic

SURE = 1e-4
"""Probabilities are kept so far from 0 and 1 before their log odds are added."""


@method(label="Stack of three", cite="Wolpert 1992; Breiman 1996")
def stack(
    n_estimators: Annotated[int, Range(1)] = 100,
    max_iter: Annotated[int, Range(1)] = 100,
    ridge: Annotated[float, Range(0)] = 0.01,
    seed: int = 0,
):
    """n_estimators: extra trees. max_iter: boosted trees. ridge: pulls the weights to 0."""
    trees = ExtraTreesClassifier(n_estimators, min_samples_leaf=5, random_state=seed, n_jobs=1)
    boosting = HistGradientBoostingClassifier(
        learning_rate=0.06, max_iter=max_iter, max_leaf_nodes=15, early_stopping=False, random_state=seed
    )
    learners = {
        "logit": make_pipeline(linear_input(), LogisticRegression(solver="newton-cholesky", tol=1e-8)),
        "extra_trees": make_pipeline(tree_input(), trees),
        "hist_boosting": make_pipeline(tree_input(), boosting),
    }
    return Stack(learners, ridge)


class Stack(ClassifierMixin, BaseEstimator):
    """Adds the log odds of several learners with weights that are not negative, and an intercept.

    Weights and intercept are fitted on the later train rows, by learners that have seen
    the earlier ones only, so they calibrate as well; then all learners learn from all rows. What they
    learn of the latest rows' base rate is in the intercept already, so their log odds are moved to the
    earlier copies' mean over those rows. Where the latest rows are too few, the learners have equal
    weights that sum to 1.
    """

    def __init__(self, learners: dict[str, object], ridge: float):
        self.learners = learners
        self.ridge = ridge

    def fit(self, X: pd.DataFrame, y: np.ndarray, inner: np.ndarray | None = None) -> Stack:
        """Fit weights and learners on the train rows."""
        self.classes_ = np.array([0, 1])
        parts, count = earlier_and_later(y, inner), len(self.learners)
        self.weights_, self.intercept_ = np.full(count, 1 / count), 0.0
        self.fitted_ = [clone(learner).fit(X, y) for learner in self.learners.values()]
        if parts is not None:
            earlier, later = parts
            judges = [clone(learner).fit(X.iloc[earlier], y[earlier]) for learner in self.learners.values()]
            odds = _log_odds(judges, X.iloc[later])
            self.weights_, intercept = penalised_logistic(odds, y[later], l2=self.ridge, nonnegative=True)
            moved = odds.mean(axis=0) - _log_odds(self.fitted_, X.iloc[later]).mean(axis=0)
            self.intercept_ = float(intercept + self.weights_ @ moved)
        weights = zip(self.learners, self.weights_, strict=True)
        self.details_ = {"weights": {name: round(float(weight), 4) for name, weight in weights}}
        return self

    def predict_proba(self, X: pd.DataFrame) -> np.ndarray:
        """Return the probabilities of class 0 and 1, shape (m, 2)."""
        rate = expit(_log_odds(self.fitted_, X) @ self.weights_ + self.intercept_)
        return np.column_stack([1 - rate, rate])


def _log_odds(models: list[object], X: pd.DataFrame) -> np.ndarray:
    """Return the log odds that each model gives, shape (m, models)."""
    rates = [np.clip(model.predict_proba(X)[:, 1], SURE, 1 - SURE) for model in models]
    return np.column_stack([logit(rate) for rate in rates])
