"""Hybrid: boosting on the panel that also knows what a buy-till-you-die model thinks of the customer."""

from __future__ import annotations

import dataclasses
from typing import Annotated

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.pipeline import make_pipeline

from crmlab.declare.method import method
from crmlab.declare.parameters import Choices, Range
from crmlab.errors import NotApplicable, UsageError
from crmlab.maths import btyd
from crmlab.methods.classification._boosting import boosted_trees

DAYS_PER_WEEK = 7.0
HISTORY = ("frequency", "recency_days", "T_days")
ADDED = ("p_alive", "expected_purchases", "p_zero")
MODELS = {"bg_nbd": btyd.BGNBD, "pareto_nbd": btyd.ParetoNBD}


@method(label="Hybrid (LightGBM + BG/NBD)", cite="Ke et al. 2017, on features of Fader, Hardie and Lee 2005")
def hybrid(
    model: Annotated[str, Choices("bg_nbd", "pareto_nbd")] = "bg_nbd",
    horizon_days: Annotated[int, Range(1)] = 90,
    learning_rate: Annotated[float, Range(above=0, high=1)] = 0.05,
    n_estimators: Annotated[int, Range(1)] = 200,
    num_leaves: Annotated[int, Range(2, 131072)] = 15,
    min_child_samples: Annotated[int, Range(1)] = 20,
    seed: int = 0,
):
    """model: bg_nbd or pareto_nbd. horizon_days: of the features. The others: see lightgbm."""
    learner = boosted_trees(
        learning_rate=learning_rate,
        n_estimators=n_estimators,
        num_leaves=num_leaves,
        min_child_samples=min_child_samples,
        seed=seed,
    )
    return make_pipeline(WithLifetimes(model, horizon_days), learner)


class WithLifetimes(TransformerMixin, BaseEstimator):
    """Adds `p_alive`, `expected_purchases` and `p_zero` of a model fitted on the train rows' histories.

    The model sees no outcome: (frequency, recency_days, T_days) of every train row, as known at that row's
    own origin. A customer of several origins counts at each of them. Customers whose first purchase
    lies before the data begin count as new at the first one seen: a classifier is not told who they are.
    """

    def __init__(self, model: str, horizon_days: int):
        self.model = model
        self.horizon_days = horizon_days

    def fit(self, X: pd.DataFrame, y: object = None) -> WithLifetimes:
        """Fit the model on the train rows X (n, p).

        Raises NotApplicable without a purchase history or a repeat purchase, DataError for a row that cannot
        be, UsageError for an unknown model, DidNotConverge where the fit does not converge.
        """
        if self.model not in MODELS:
            raise UsageError(f"hybrid: model = {self.model!r} must be one of {', '.join(MODELS)}")
        if not set(HISTORY) <= set(X):
            raise NotApplicable("no purchase history: no column frequency, recency_days or T_days")
        x, t_x, T = _weeks(X)
        btyd.check(x, t_x, T)
        if not (x > 0).any():
            raise NotApplicable("no train row has a repeat purchase: there is no rate to estimate")
        fitted, _ = btyd.fit(MODELS[self.model], x, t_x, T)
        self.parameters_ = {name: float(value) for name, value in dataclasses.asdict(fitted).items()}
        return self

    def transform(self, X: pd.DataFrame) -> pd.DataFrame:
        """Return X (m, p) with three more columns, NaN for a history that cannot be.

        No customer has one, but questions of the kind "what if this column were another" do.
        """
        fitted, weeks = MODELS[self.model](**self.parameters_), self.horizon_days / DAYS_PER_WEEK
        x, t_x, T = _weeks(X)
        can_be = (x >= 0) & (t_x <= T) & ((x > 0) == (t_x > 0))
        known = tuple(part[can_be] for part in (x, t_x, T))
        added = np.full((3, len(X)), np.nan)
        added[:, can_be] = (
            fitted.p_alive(*known),
            fitted.expected_purchases(*known, weeks),
            fitted.p_zero(*known, weeks),
        )
        return X.assign(**dict(zip(ADDED, added, strict=True)))


def _weeks(X: pd.DataFrame) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return (x, t_x, T) in weeks, each (n,)."""
    x, t_x, T = (X[c].to_numpy(dtype=np.float64) for c in HISTORY)
    return x, t_x / DAYS_PER_WEEK, T / DAYS_PER_WEEK
