"""LightGBM, gradient boosting with leaf-wise trees."""

from crmlab.methods.classification._boosting import boosted_trees
from crmlab.registry import method


@method(label="LightGBM", cite="Ke et al. 2017")
def lightgbm(
    learning_rate: float = 0.05,
    n_estimators: int = 200,
    num_leaves: int = 15,
    min_child_samples: int = 20,
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
