"""Extremely randomised trees: a forest with random thresholds."""

from sklearn.ensemble import ExtraTreesClassifier
from sklearn.pipeline import make_pipeline

from crmlab.encoding import tree_input
from crmlab.registry import method


@method(label="Extra trees", cite="Geurts, Ernst and Wehenkel 2006")
def extra_trees(n_estimators: int = 200, min_samples_leaf: int = 5, seed: int = 0):
    """n_estimators: trees. min_samples_leaf: rows that a leaf needs."""
    learner = ExtraTreesClassifier(
        n_estimators, min_samples_leaf=min_samples_leaf, random_state=seed, n_jobs=1
    )
    return make_pipeline(tree_input(), learner)
