"""LightGBM with steps and trees chosen on later train rows."""

from typing import Annotated

from crmlab.declare.method import method
from crmlab.declare.parameters import Range
from crmlab.methods.classification._boosting import boosted_trees
from crmlab.methods.classification._tuning import Tuned


@method(label="LightGBM, tuned", cite="Ke et al. 2017")
def lightgbm_tuned(
    trials: Annotated[int, Range(1, 20)] = 12, max_rows: Annotated[int, Range(100)] = 15000, seed: int = 0
):
    """trials: parameters tried, at most 20. max_rows: train rows that the trials use."""
    learner = boosted_trees(
        learning_rate=0.05, n_estimators=200, num_leaves=15, min_child_samples=20, seed=seed
    )
    grid = {
        "lgbmclassifier__learning_rate": [0.02, 0.05, 0.1],
        "lgbmclassifier__n_estimators": [50, 100, 200],
        "lgbmclassifier__num_leaves": [4, 8, 15, 31],
        "lgbmclassifier__min_child_samples": [20, 50, 100],
        "lgbmclassifier__reg_lambda": [0.0, 10.0],
    }
    return Tuned(learner, grid, trials=trials, max_rows=max_rows, seed=seed)
