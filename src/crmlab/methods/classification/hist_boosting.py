"""Gradient boosting on histograms, as in scikit-learn."""

from typing import Annotated

from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.pipeline import make_pipeline

from crmlab.declare.method import method
from crmlab.declare.parameters import Range
from crmlab.maths.encoding import tree_input


@method(label="Histogram boosting", cite="Friedman 2001")
def hist_boosting(
    learning_rate: Annotated[float, Range(above=0, high=1)] = 0.06,
    max_iter: Annotated[int, Range(1)] = 150,
    max_leaf_nodes: Annotated[int, Range(2)] = 15,
    seed: int = 0,
):
    """learning_rate: step of a tree. max_iter: trees. max_leaf_nodes: leaves of a tree."""
    learner = HistGradientBoostingClassifier(
        learning_rate=learning_rate,
        max_iter=max_iter,
        max_leaf_nodes=max_leaf_nodes,
        # else more than 10,000 rows would silently change the method
        early_stopping=False,
        random_state=seed,
    )
    return make_pipeline(tree_input(), learner)
