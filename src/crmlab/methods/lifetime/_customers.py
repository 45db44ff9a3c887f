"""The door of the buy-till-you-die methods: summaries in days outside, likelihoods in weeks inside."""

from __future__ import annotations

import dataclasses
from typing import ClassVar

import numpy as np
import pandas as pd

from crmlab.maths import btyd

DAYS_PER_WEEK = 7.0


class BuyTillYouDie:
    """A model of `maths.btyd`, fitted on a summary with frequency, recency_days and T_days.

    `parameters_`: the estimates (rates per week) by name, each with `<name>_standard_error`, and
    `log_likelihood`; known after `fit`. A subclass names its `model`.
    """

    model: ClassVar[type]

    def fit(self, summary: pd.DataFrame) -> BuyTillYouDie:
        """Fit by maximum likelihood.

        Raises DataError for a summary that cannot be, CrmlabError where the fit does not converge.
        """
        fitted, estimate = btyd.fit(self.model, *_weeks(summary))
        values = dataclasses.asdict(fitted)
        errors = zip(values, estimate.standard_errors, strict=True)
        self.parameters_ = {
            **values,
            **{f"{name}_standard_error": float(error) for name, error in errors},
            "log_likelihood": float(estimate.log_likelihood),
        }
        return self

    def p_zero(self, summary: pd.DataFrame, horizon_days: float) -> np.ndarray:
        """Return the probability of no purchase in the horizon, (n,)."""
        return self._fitted().p_zero(*_weeks(summary), horizon_days / DAYS_PER_WEEK)

    def expected_purchases(self, summary: pd.DataFrame, horizon_days: float) -> np.ndarray:
        """Return the expected purchase days in the horizon, (n,)."""
        return self._fitted().expected_purchases(*_weeks(summary), horizon_days / DAYS_PER_WEEK)

    def p_alive(self, summary: pd.DataFrame) -> np.ndarray:
        """Return the probability of being alive at the end of the observation, (n,)."""
        return self._fitted().p_alive(*_weeks(summary))

    def _fitted(self) -> btyd.BGNBD | btyd.ParetoNBD:
        """Return the model with the fitted parameters."""
        return self.model(**{f.name: self.parameters_[f.name] for f in dataclasses.fields(self.model)})


def _weeks(summary: pd.DataFrame) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return (x, t_x, T) in weeks, each (n,). Raises DataError for a row that cannot be."""
    x, t_x, T = (summary[c].to_numpy(dtype=np.float64) for c in ("frequency", "recency_days", "T_days"))
    btyd.check(x, t_x, T)
    return x, t_x / DAYS_PER_WEEK, T / DAYS_PER_WEEK
