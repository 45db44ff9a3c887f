"""Random survival forest: trees split by the likelihood of durations, the curves of their leaves averaged."""

from __future__ import annotations

from typing import Annotated

import numpy as np
import pandas as pd
from sklearn.tree import DecisionTreeRegressor

from crmlab.declare.method import method
from crmlab.declare.parameters import Range
from crmlab.maths import survival
from crmlab.maths.encoding import tree_input
from crmlab.seeds import generator

KEPT_TIMES = 60
"""Times at which a leaf's curve is kept, at most."""


@method(label="Random survival forest", cite="Ishwaran et al. 2008; splits: LeBlanc and Crowley 1992")
def survival_forest(
    n_estimators: Annotated[int, Range(1)] = 100,
    min_samples_leaf: Annotated[int, Range(1)] = 15,
    seed: int = 0,
):
    """n_estimators: trees. min_samples_leaf: rows that a leaf needs."""
    return SurvivalForest(n_estimators, min_samples_leaf, seed)


class SurvivalForest:
    """Trees on bootstrap samples; a row's curve is the mean of those of the leaves that it falls in.

    A tree splits by the likelihood of proportional hazards on the cumulative hazard of all train rows, which
    is that of Poisson counts: each row expects what that hazard says of its duration (LeBlanc and Crowley
    1992; in a forest: Ishwaran, Blackstone, Pothier and Lauer 2004). A leaf holds the Kaplan-Meier curve
    of its rows; beyond the time for which any of them was followed it falls as that of all train rows does,
    as a curve that stays flat there would promise that nobody leaves any more. Curves are averaged, not
    hazards: the mean of hazards would promise that too many leave.
    `times_` (k,); `curves_`: per tree (nodes, k).
    """

    def __init__(self, n_estimators: int, min_samples_leaf: int, seed: int):
        self.n_estimators = n_estimators
        self.min_samples_leaf = min_samples_leaf
        self.seed = seed

    def fit(self, X: pd.DataFrame, duration: np.ndarray, event: np.ndarray) -> SurvivalForest:
        """Grow the trees and estimate the curve of each leaf."""
        self.input_ = tree_input()
        Z = self.input_.fit_transform(X)
        steps, hazard = survival.cumulative_hazard(duration, event)
        # who is gone before the first event expects none, but a weight must be above 0
        expected = np.maximum(survival.step(steps, hazard, duration, before=0.0), hazard[0] / 2)
        kept = np.unique(np.linspace(0, len(steps) - 1, KEPT_TIMES).round().astype(int))
        self.times_ = steps[kept]
        self.trees_, self.curves_ = [], []
        for number in range(self.n_estimators):
            rng = generator(self.seed, "tree", number)
            # drawn here with equal chances: a forest of scikit-learn would draw by the weights
            drawn = rng.integers(0, len(Z), len(Z))
            while not event[drawn].any():  # without an event, nothing says where to split
                drawn = rng.integers(0, len(Z), len(Z))
            tree = DecisionTreeRegressor(
                criterion="poisson",
                min_samples_leaf=self.min_samples_leaf,
                max_features="sqrt",
                random_state=int(rng.integers(2**31)),
            )
            tree.fit(Z[drawn], (event / expected)[drawn], sample_weight=expected[drawn])
            self.trees_.append(tree)
            curves = _leaf_curves(
                tree, Z[drawn], duration[drawn], event[drawn], steps=steps, usual=np.diff(hazard, prepend=0.0)
            )
            self.curves_.append(curves[:, kept])
        return self

    def survival(self, X: pd.DataFrame, times: np.ndarray) -> np.ndarray:
        """Return each row's curve at times (m,), (n, m)."""
        Z = self.input_.transform(X)
        total = np.zeros((len(X), len(times)))
        for tree, curves in zip(self.trees_, self.curves_, strict=True):
            total += survival.step(self.times_, curves, times, before=1.0)[tree.apply(Z)]
        return total / len(self.trees_)


def _leaf_curves(
    tree: DecisionTreeRegressor,
    Z: np.ndarray,
    duration: np.ndarray,
    event: np.ndarray,
    *,
    steps: np.ndarray,
    usual: np.ndarray,
) -> np.ndarray:
    """Return the Kaplan-Meier curve of each leaf at the steps (k,), (nodes, k).

    usual: (k,) the chance to end at each step, which stands in where no row of a leaf is at risk. What
    stands at other nodes than leaves is of no use.
    """
    leaf, shape = tree.apply(Z), (tree.tree_.node_count, len(steps) + 1)
    passed = np.searchsorted(steps, duration, side="right")
    place = leaf * shape[1] + passed
    mass = np.bincount(place, minlength=np.prod(shape)).reshape(shape)
    ended = np.bincount(place, event, minlength=np.prod(shape)).reshape(shape)[:, 1:]
    at_risk = mass[:, ::-1].cumsum(axis=1)[:, ::-1][:, 1:]
    chance = np.where(at_risk > 0, ended / np.maximum(at_risk, 1), usual)
    return np.cumprod(1 - chance, axis=1)
