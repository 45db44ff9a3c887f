"""A forest whose trees split by money: the cost of contacting in vain against a margin missed."""

from __future__ import annotations

from typing import Annotated

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.pipeline import make_pipeline

from crmlab.declare.method import method
from crmlab.declare.parameters import Range
from crmlab.maths.encoding import tree_input


@method(label="Cost-sensitive forest", cite="Correa Bahnsen, Aouada and Ottersten 2015")
def cost_sensitive(
    contact_cost: Annotated[float, Range(0)] = 1.0,
    margin: Annotated[float, Range(above=0)] = 20.0,
    n_estimators: Annotated[int, Range(1)] = 100,
    min_samples_leaf: Annotated[int, Range(1)] = 5,
    max_rows: Annotated[int, Range(100)] = 20000,
    seed: int = 0,
):
    """contact_cost, margin: of one contact and of one who responds, in the same currency.

    n_estimators: trees. min_samples_leaf: rows that a leaf needs. max_rows: of a tree's bootstrap sample.
    """
    learner = CostSensitiveForest(contact_cost, margin, n_estimators, min_samples_leaf, max_rows, seed)
    return make_pipeline(tree_input(), learner)


class CostSensitiveForest(ClassifierMixin, BaseEstimator):
    """The mean rate of the leaves of empulse's cost-sensitive trees, kept as plain arrays.

    A tree splits where the cheaper of contacting all and contacting none saves most. Nodes of all
    trees stand one after the other: `feature_` (-1 in a leaf), `threshold_` (single precision),
    `left_`, `right_`, `missing_left_` and `rate_`; `roots_` are the first nodes of the trees.
    """

    def __init__(
        self,
        contact_cost: float,
        margin: float,
        n_estimators: int,
        min_samples_leaf: int,
        max_rows: int,
        seed: int,
    ):
        self.contact_cost = contact_cost
        self.margin = margin
        self.n_estimators = n_estimators
        self.min_samples_leaf = min_samples_leaf
        self.max_rows = max_rows
        self.seed = seed

    def fit(self, X: np.ndarray, y: np.ndarray) -> CostSensitiveForest:
        """Grow the trees on the train rows X (n, p), y (n,)."""
        trees = [grown.tree_ for grown in self.forest(X, y).estimators_]
        sizes = [tree.node_count for tree in trees]
        self.classes_ = np.array([0, 1])
        self.roots_ = np.concatenate([[0], np.cumsum(sizes)[:-1]]).astype(np.int64)
        shifts = np.repeat(self.roots_, sizes)
        self.left_ = np.concatenate([t.children_left for t in trees]) + shifts
        self.right_ = np.concatenate([t.children_right for t in trees]) + shifts
        feature = np.concatenate([t.feature for t in trees])
        self.feature_ = np.where(feature < 0, -1, feature)
        self.threshold_ = np.concatenate([t.threshold for t in trees])
        self.missing_left_ = np.concatenate([t.missing_go_to_left for t in trees]).astype(bool)
        self.rate_ = np.concatenate([t.value[:, 0, 1] for t in trees])
        return self

    def forest(self, X: np.ndarray, y: np.ndarray) -> object:
        """Return empulse's fitted forest: a contact costs, and who responds without one is a margin lost."""
        from empulse.models import CSForestClassifier

        forest = CSForestClassifier(
            self.n_estimators,
            tp_cost=self.contact_cost,
            fp_cost=self.contact_cost,
            fn_cost=self.margin,
            min_samples_leaf=self.min_samples_leaf,
            # growing takes more than linear time
            max_samples=min(self.max_rows, len(y)),
            random_state=self.seed,
            n_jobs=1,
        )
        return forest.fit(X, y)

    def predict_proba(self, X: np.ndarray) -> np.ndarray:
        """Return the probabilities of class 0 and 1, shape (m, 2)."""
        values = X.astype(np.float32)  # thresholds were found in single precision
        rate = sum(self._rate(values, root) for root in self.roots_) / len(self.roots_)
        return np.column_stack([1 - rate, rate])

    def _rate(self, X: np.ndarray, root: int) -> np.ndarray:
        """Return the rate of the leaf of one tree that each row of X (m, p) falls into, shape (m,)."""
        node = np.full(len(X), root)
        moving = np.flatnonzero(self.feature_[node] >= 0)
        while len(moving):
            here = node[moving]
            value = X[moving, self.feature_[here]]
            left = np.where(np.isnan(value), self.missing_left_[here], value <= self.threshold_[here])
            node[moving] = np.where(left, self.left_[here], self.right_[here])
            moving = moving[self.feature_[node[moving]] >= 0]
        return self.rate_[node]
