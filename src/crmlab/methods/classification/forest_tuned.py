"""Random forest with leaf size and columns per split chosen on later train rows."""

from typing import Annotated

from sklearn.ensemble import RandomForestClassifier
from sklearn.pipeline import make_pipeline

from crmlab.declare.method import method
from crmlab.declare.parameters import Range
from crmlab.maths.encoding import tree_input
from crmlab.methods.classification._tuning import Tuned


@method(label="Random forest, tuned", cite="Breiman 2001")
def forest_tuned(
    n_estimators: Annotated[int, Range(1)] = 200,
    trials: Annotated[int, Range(1, 20)] = 8,
    trial_trees: Annotated[int, Range(1)] = 50,
    max_rows: Annotated[int, Range(100)] = 8000,
    seed: int = 0,
):
    """n_estimators: trees. trials: parameters tried, at most 20.

    trial_trees, max_rows: trees of a trial, and the train rows that the trials use.
    """
    learner = RandomForestClassifier(n_estimators, min_samples_leaf=5, random_state=seed, n_jobs=1)
    grid = {
        "randomforestclassifier__min_samples_leaf": [2, 5, 10, 20, 50, 100],
        "randomforestclassifier__max_features": ["sqrt", 0.1, 0.3, 0.6],
    }
    fewer = {"randomforestclassifier__n_estimators": trial_trees}
    pipeline = make_pipeline(tree_input(), learner)
    return Tuned(pipeline, grid, trials=trials, max_rows=max_rows, seed=seed, in_trials=fewer)
