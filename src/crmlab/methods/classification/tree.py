"""A single classification tree, which a person can read."""

from typing import Annotated

from sklearn.pipeline import make_pipeline
from sklearn.tree import DecisionTreeClassifier

from crmlab.declare.method import method
from crmlab.declare.parameters import Range
from crmlab.maths.encoding import tree_input


@method(label="Decision tree", cite="Breiman et al. 1984")
def tree(
    max_depth: Annotated[int, Range(1)] = 6, min_samples_leaf: Annotated[int, Range(1)] = 50, seed: int = 0
):
    """max_depth: splits from the root to a leaf. min_samples_leaf: rows that a leaf needs."""
    learner = DecisionTreeClassifier(
        max_depth=max_depth, min_samples_leaf=min_samples_leaf, random_state=seed
    )
    return make_pipeline(tree_input(), learner)
