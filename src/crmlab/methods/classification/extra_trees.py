"""Extremely randomised trees: a forest with random thresholds."""

from typing import Annotated

from sklearn.ensemble import ExtraTreesClassifier
from sklearn.pipeline import make_pipeline

from crmlab.declare.method import method
from crmlab.declare.parameters import Range
from crmlab.maths.encoding import tree_input


@method(label="Extra trees", cite="Geurts, Ernst and Wehenkel 2006")
def extra_trees(
    n_estimators: Annotated[int, Range(1)] = 200,
    min_samples_leaf: Annotated[int, Range(1)] = 5,
    seed: int = 0,
):
    """n_estimators: trees. min_samples_leaf: rows that a leaf needs."""
    learner = ExtraTreesClassifier(
        n_estimators, min_samples_leaf=min_samples_leaf, random_state=seed, n_jobs=1
    )
    return make_pipeline(tree_input(), learner)
