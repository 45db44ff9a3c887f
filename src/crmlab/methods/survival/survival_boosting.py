"""Gradient-boosted survival: trees that climb the Cox partial likelihood."""

from __future__ import annotations

from typing import Annotated

import lightgbm
import numpy as np
import pandas as pd

from crmlab.declare.method import method
from crmlab.declare.parameters import Range
from crmlab.errors import NotApplicable
from crmlab.maths.encoding import tree_input
from crmlab.methods.survival._proportional import OnOneBaseline

LIMIT = 30.0
"""Of a log relative hazard: beyond it a curve is 0 or 1 in any case."""


@method(label="Gradient-boosted survival", cite="Ridgeway 1999; trees: Ke et al. 2017")
def survival_boosting(
    learning_rate: Annotated[float, Range(above=0, high=1)] = 0.05,
    n_estimators: Annotated[int, Range(1)] = 100,
    num_leaves: Annotated[int, Range(2, 131072)] = 4,
    min_child_samples: Annotated[int, Range(1)] = 20,
    seed: int = 0,
):
    """learning_rate: step of a tree. n_estimators: trees. num_leaves, min_child_samples: of a tree."""
    return SurvivalBoosting(
        learning_rate=learning_rate,
        n_estimators=n_estimators,
        num_leaves=num_leaves,
        min_child_samples=min_child_samples,
        seed=seed,
    )


class SurvivalBoosting(OnOneBaseline):
    """LightGBM on the partial likelihood with Breslow's ties, and Breslow's baseline."""

    def __init__(self, *, n_estimators: int, seed: int, **tree: float):
        self.n_estimators = n_estimators
        self.seed = seed
        self.tree = tree

    def fit(self, X: pd.DataFrame, duration: np.ndarray, event: np.ndarray) -> SurvivalBoosting:
        """Grow the trees, then estimate the baseline. Raises NotApplicable where no tree could split."""
        least = 2 * self.tree["min_child_samples"]
        if len(X) < least:
            raise NotApplicable(f"{len(X)} train rows: a tree that splits needs {least}")
        self.input_ = tree_input()
        Z = self.input_.fit_transform(X)
        settings = {
            **self.tree,
            "objective": PartialLikelihood(duration, event),
            # second derivatives of a partial likelihood are small: they are no count of rows
            "min_sum_hessian_in_leaf": 1e-3,
            "seed": self.seed,
            "num_threads": 1,
            "deterministic": True,
            "force_row_wise": True,
            "verbosity": -1,
        }
        try:
            booster = lightgbm.train(settings, lightgbm.Dataset(Z), self.n_estimators)
        except lightgbm.basic.LightGBMError as error:
            if "num_features" not in str(error):
                raise
            raise NotApplicable(
                f"no column cuts the {len(X)} train rows into two parts of at least {least // 2}"
            ) from None
        # as text: the object would carry the train rows' durations with it
        self.trees_ = booster.model_to_string()
        self.set_baseline(self._log_relative(Z), duration, event)
        return self

    def survival(self, X: pd.DataFrame, times: np.ndarray) -> np.ndarray:
        """Return each row's curve at times (m,), (n, m)."""
        return self.curves(self._log_relative(self.input_.transform(X)), times)

    def _log_relative(self, Z: np.ndarray) -> np.ndarray:
        """Return the log relative hazards (n,) of encoded rows."""
        booster = lightgbm.Booster(model_str=self.trees_)
        return np.clip(booster.predict(Z, num_threads=1), -LIMIT, LIMIT)


class PartialLikelihood:
    """The gradient and curvature of the negative log partial likelihood (Cox 1972; Breslow 1974)."""

    def __init__(self, duration: np.ndarray, event: np.ndarray):
        self.event = np.asarray(event) > 0
        self.times, self.events = np.unique(duration[self.event], return_counts=True)
        self.passed = np.searchsorted(self.times, duration, side="right")

    def __call__(self, log_relative: np.ndarray, data: lightgbm.Dataset) -> tuple[np.ndarray, np.ndarray]:
        """Return the derivatives in each row's log relative hazard, (n,) each."""
        weight = np.exp(np.clip(log_relative, -LIMIT, LIMIT))
        per_step = np.bincount(self.passed, weight, minlength=len(self.times) + 1)
        at_risk = per_step[::-1].cumsum()[::-1][1:]
        hazard = np.concatenate([[0.0], np.cumsum(self.events / at_risk)])[self.passed]
        squared = np.concatenate([[0.0], np.cumsum(self.events / at_risk**2)])[self.passed]
        return weight * hazard - self.event, np.maximum(weight * hazard - weight**2 * squared, 1e-6)
