"""LightGBM, gradient boosting with leaf-wise trees."""

from typing import Annotated

from crmlab.declare.method import method
from crmlab.declare.parameters import Range
from crmlab.methods.classification._boosting import boosted_trees


@method(label="LightGBM", cite="Ke et al. 2017")
def lightgbm(
    learning_rate: Annotated[float, Range(above=0, high=1)] = 0.05,
    n_estimators: Annotated[int, Range(1)] = 200,
    num_leaves: Annotated[int, Range(2, 131072)] = 15,
    min_child_samples: Annotated[int, Range(1)] = 20,
    seed: int = 0,
):
    """learning_rate: step of a tree. n_estimators: trees. num_leaves, min_child_samples: of a tree."""
    return boosted_trees(
        learning_rate=learning_rate,
        n_estimators=n_estimators,
        num_leaves=num_leaves,
        min_child_samples=min_child_samples,
        seed=seed,
    )
