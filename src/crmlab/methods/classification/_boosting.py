"""LightGBM as several methods use it: on one thread, the same bytes every time."""

from __future__ import annotations

from lightgbm import LGBMClassifier
from sklearn.pipeline import Pipeline, make_pipeline

from crmlab.maths.encoding import tree_input


def boosted_trees(
    *, learning_rate: float, n_estimators: int, num_leaves: int, min_child_samples: int, seed: int
) -> Pipeline:
    """Return an unfitted LightGBM classifier of a frame with numbers and texts."""
    learner = LGBMClassifier(
        learning_rate=learning_rate,
        n_estimators=n_estimators,
        num_leaves=num_leaves,
        min_child_samples=min_child_samples,
        reg_lambda=0.0,
        random_state=seed,
        n_jobs=1,
        deterministic=True,
        force_row_wise=True,
        verbosity=-1,
    )
    return make_pipeline(tree_input(), learner)
