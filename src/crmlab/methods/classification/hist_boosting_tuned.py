"""Gradient boosting on histograms with steps and trees chosen on later train rows."""

from typing import Annotated

from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.pipeline import make_pipeline

from crmlab.declare.method import method
from crmlab.declare.parameters import Range
from crmlab.maths.encoding import tree_input
from crmlab.methods.classification._tuning import Tuned


@method(label="Histogram boosting, tuned", cite="Friedman 2001")
def hist_boosting_tuned(
    trials: Annotated[int, Range(1, 20)] = 12, max_rows: Annotated[int, Range(100)] = 15000, seed: int = 0
):
    """trials: parameters tried, at most 20. max_rows: train rows that the trials use."""
    learner = HistGradientBoostingClassifier(
        learning_rate=0.06,
        max_iter=150,
        max_leaf_nodes=15,
        # else more than 10,000 rows would silently change the method
        early_stopping=False,
        random_state=seed,
    )
    step = "histgradientboostingclassifier__"
    grid = {
        step + "learning_rate": [0.02, 0.06, 0.1],
        step + "max_iter": [50, 100, 150],
        step + "max_leaf_nodes": [4, 8, 15, 31],
        step + "min_samples_leaf": [20, 50, 100],
        step + "l2_regularization": [0.0, 10.0],
    }
    return Tuned(make_pipeline(tree_input(), learner), grid, trials=trials, max_rows=max_rows, seed=seed)
