"""Random forest, the bagging reference."""

from sklearn.ensemble import RandomForestClassifier
from sklearn.pipeline import make_pipeline

from crmlab.encoding import tree_input
from crmlab.registry import method


@method(label="Random forest", cite="Breiman 2001")
def forest(n_estimators: int = 200, min_samples_leaf: int = 5, seed: int = 0):
    """n_estimators: trees. min_samples_leaf: rows that a leaf needs."""
    learner = RandomForestClassifier(
        n_estimators, min_samples_leaf=min_samples_leaf, random_state=seed, n_jobs=1
    )
    return make_pipeline(tree_input(), learner)
