"""Random forest, the bagging reference."""

from __future__ import annotations

from typing import Annotated

import numpy as np
from sklearn.ensemble import RandomForestClassifier
from sklearn.pipeline import make_pipeline

from crmlab.declare.method import method
from crmlab.declare.parameters import Range
from crmlab.errors import UsageError
from crmlab.maths.encoding import tree_input


@method(label="Random forest", cite="Breiman 2001")
def forest(
    n_estimators: Annotated[int, Range(1)] = 200,
    min_samples_leaf: Annotated[int, Range(1)] = 5,
    max_rows_per_tree: Annotated[int, Range(100)] = 60_000,
    seed: int = 0,
):
    """n_estimators: trees. min_samples_leaf: rows that a leaf needs.

    max_rows_per_tree: each tree is grown on so many train rows drawn with replacement, or on as many as there
    are; with a few hundred thousand rows the trees would take most of the time of a whole comparison.
    """
    learner = Forest(
        n_estimators,
        min_samples_leaf=min_samples_leaf,
        max_rows_per_tree=max_rows_per_tree,
        random_state=seed,
    )
    return make_pipeline(tree_input(), learner)


class Forest(RandomForestClassifier):
    """A random forest with a limit on the rows of a tree."""

    def __init__(
        self,
        n_estimators: int = 200,
        *,
        min_samples_leaf: int = 5,
        max_rows_per_tree: int = 60_000,
        random_state: int | None = None,
    ):
        super().__init__(n_estimators, min_samples_leaf=min_samples_leaf, random_state=random_state, n_jobs=1)
        self.max_rows_per_tree = max_rows_per_tree

    def fit(self, X: np.ndarray, y: np.ndarray) -> Forest:
        """Grow the trees on train rows X (n, p) with classes y (n,).

        Raises UsageError for trees without rows.
        """
        if self.max_rows_per_tree < 1:
            raise UsageError(f"forest: max_rows_per_tree = {self.max_rows_per_tree} must be 1 or more")
        self.max_samples = min(self.max_rows_per_tree, len(y))
        return super().fit(X, y)
