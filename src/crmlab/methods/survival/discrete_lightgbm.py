"""Discrete-time hazard by gradient boosting."""

from typing import Annotated

from lightgbm import LGBMClassifier

from crmlab.declare.method import method
from crmlab.declare.parameters import Range
from crmlab.maths.encoding import tree_input
from crmlab.methods.survival._person_period import DiscreteHazard


@method(label="Discrete-time LightGBM", cite="Singer and Willett 1993; trees: Ke et al. 2017")
def discrete_lightgbm(
    learning_rate: Annotated[float, Range(above=0, high=1)] = 0.05,
    n_estimators: Annotated[int, Range(1)] = 100,
    num_leaves: Annotated[int, Range(2, 131072)] = 4,
    min_child_samples: Annotated[int, Range(1)] = 50,
    periods: Annotated[int, Range(1)] = 12,
    age: str = "member_days",
    seed: int = 0,
):
    """learning_rate, n_estimators, num_leaves, min_child_samples: of the trees, on person-period rows.

    periods: of the horizon. age: days of the contract at the cutoff.
    """
    learner = LGBMClassifier(
        learning_rate=learning_rate,
        n_estimators=n_estimators,
        num_leaves=num_leaves,
        min_child_samples=min_child_samples,
        random_state=seed,
        n_jobs=1,
        deterministic=True,
        force_row_wise=True,
        verbosity=-1,
    )
    return DiscreteHazard(tree_input(), learner, periods=periods, age=age, indicators=False)
