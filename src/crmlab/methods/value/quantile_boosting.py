"""Quantile boosting: every level of what buyers spend has trees of its own."""

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

FITTED = (0.1, 0.3, 0.5, 0.7, 0.9)
"""The levels that have trees; between them, and beyond, normal scores of the logarithm are linear."""
POWER = 1.5
"""Of the Tweedie variance: a Poisson number of gamma amounts, with a mass at zero."""


@method(label="Quantile boosting", cite="Koenker and Bassett 1978; Romano, Patterson and Candès 2019")
def quantile_boosting(
    learning_rate: Annotated[float, Range(above=0, high=1)] = 0.1,
    n_estimators: Annotated[int, Range(1)] = 50,
    num_leaves: Annotated[int, Range(2, 131072)] = 7,
    min_child_samples: Annotated[int, Range(1)] = 20,
    seed: int = 0,
):
    """learning_rate: step of a tree. n_estimators: trees. num_leaves, min_child_samples: of a tree."""
    return Calibrated(QuantileBoosting(learning_rate, n_estimators, num_leaves, min_child_samples, seed))


class QuantileBoosting(BaseEstimator):
    """Quantiles of the logarithm of spend among who buys, P(no spend), and the mean by a Tweedie model.

    Quantiles tell no mean, so the expected spend is a model of its own, on all rows.
    """

    def __init__(
        self, learning_rate: float, n_estimators: int, num_leaves: int, min_child_samples: int, seed: int
    ):
        self.learning_rate = learning_rate
        self.n_estimators = n_estimators
        self.num_leaves = num_leaves
        self.min_child_samples = min_child_samples
        self.seed = seed

    def fit(self, X: pd.DataFrame, value: np.ndarray) -> QuantileBoosting:
        """Fit all parts on rows X (n, p) and their spend (n,)."""
        settings = self.get_params()
        seed = settings.pop("seed")
        self.input_ = tree_input().fit(X)
        columns, bought = self.input_.transform(X), value > 0
        self.none_ = fit_p_zero(settings, columns, value, seed=seed)
        self.mean_ = booster(
            "regressor", objective="tweedie", tweedie_variance_power=POWER, seed=seed, **settings
        ).fit(columns, value)
        amounts = np.log(value[bought])
        self.quantiles_ = [
            booster("regressor", objective="quantile", alpha=level, seed=seed, **settings).fit(
                columns[bought], amounts
            )
            for level in FITTED
        ]
        return self

    def spread(self, X: pd.DataFrame) -> Spread:
        """Return the predictive distributions of rows X (m, p)."""
        columns = self.input_.transform(X)
        # trees of different levels may cross: in order, they are quantiles again
        known = np.sort(np.column_stack([model.predict(columns) for model in self.quantiles_]), axis=1)
        amounts = np.maximum(np.exp(_between(known)), SMALLEST)
        return Spread(np.maximum(self.mean_.predict(columns), 0.0), p_zero(self.none_, columns), amounts)


def _between(known: np.ndarray) -> np.ndarray:
    """Return the quantiles at LEVELS, (m, LEVELS), from those at FITTED, linear in normal scores."""
    from scipy.stats import norm

    at, wanted = norm.ppf(FITTED), norm.ppf(LEVELS)
    above = np.clip(np.searchsorted(at, wanted), 1, len(at) - 1)
    step = (wanted - at[above - 1]) / (at[above] - at[above - 1])
    return known[:, above - 1] + step * (known[:, above] - known[:, above - 1])
