"""Two parts: whether a customer spends, and how much if so; both by boosting."""

from __future__ import annotations

from typing import Annotated

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator

from crmlab.declare.method import method
from crmlab.declare.parameters import Range
from crmlab.maths.conformal import LEVELS, Spread
from crmlab.maths.encoding import tree_input
from crmlab.methods.value._boosting import booster, fit_p_zero, p_zero
from crmlab.methods.value._calibrated import SMALLEST, Calibrated


@method(label="Two-part LightGBM", cite="Cragg 1971; Ke et al. 2017")
def two_part(
    learning_rate: Annotated[float, Range(above=0, high=1)] = 0.05,
    n_estimators: Annotated[int, Range(1)] = 100,
    num_leaves: Annotated[int, Range(2, 131072)] = 7,
    min_child_samples: Annotated[int, Range(1)] = 20,
    seed: int = 0,
):
    """learning_rate: step of a tree. n_estimators: trees. num_leaves, min_child_samples: of a tree."""
    return Calibrated(TwoPart(learning_rate, n_estimators, num_leaves, min_child_samples, seed))


class TwoPart(BaseEstimator):
    """P(spend) by a classifier times the mean of who buys, by a gamma regression with a log link.

    Around that mean, spend is spread as it is among the train rows, in proportion.
    """

    def __init__(
        self, learning_rate: float, n_estimators: int, num_leaves: int, min_child_samples: int, seed: int
    ):
        self.learning_rate = learning_rate
        self.n_estimators = n_estimators
        self.num_leaves = num_leaves
        self.min_child_samples = min_child_samples
        self.seed = seed

    def fit(self, X: pd.DataFrame, value: np.ndarray) -> TwoPart:
        """Fit both parts on rows X (n, p) and their spend (n,)."""
        settings = self.get_params()
        seed = settings.pop("seed")
        self.input_ = tree_input().fit(X)
        columns, bought = self.input_.transform(X), value > 0
        self.none_ = fit_p_zero(settings, columns, value, seed=seed)
        self.amount_ = booster("regressor", objective="gamma", seed=seed, **settings)
        self.amount_.fit(columns[bought], value[bought])
        ratios = value[bought] / self.amount_.predict(columns[bought])
        self.ratios_ = np.maximum(np.quantile(ratios, LEVELS), 1e-6)
        return self

    def spread(self, X: pd.DataFrame) -> Spread:
        """Return the predictive distributions of rows X (m, p)."""
        columns = self.input_.transform(X)
        none, mean = p_zero(self.none_, columns), np.maximum(self.amount_.predict(columns), SMALLEST)
        return Spread((1 - none) * mean, none, mean[:, None] * self.ratios_)
