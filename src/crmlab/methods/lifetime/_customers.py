"""The door of the buy-till-you-die methods: summaries in days outside, the model's unit inside."""

from __future__ import annotations

from dataclasses import asdict, fields
from typing import Any, ClassVar

import numpy as np
import pandas as pd

from crmlab.errors import NotApplicable
from crmlab.maths import btyd

DAYS_PER_WEEK = 7.0


class BuyTillYouDie:
    """A model of `maths.btyd`, fitted on a summary with frequency, recency_days and T_days.

    `parameters_`: the estimates (rates per `days_per_unit`) by name, each with
    `<name>_standard_error`, and `log_likelihood`. `details_`: the same as plain JSON, None where an
    error is not known. Both are known after `fit`. A subclass names its `model`.
    """

    model: ClassVar[type[btyd.Model]]
    days_per_unit: ClassVar[float] = DAYS_PER_WEEK

    def fit(self, summary: pd.DataFrame) -> BuyTillYouDie:
        """Fit by maximum likelihood.

        Raises NotApplicable where nobody came back or the customers are too few, DataError for a summary
        that cannot be, DidNotConverge where the fit does not converge.
        """
        x, t_x, T = self._units(summary)
        if not (x > 0).any():
            raise NotApplicable(
                f"none of {len(x)} customers has a repeat purchase: there is no rate to estimate"
            )
        fitted, estimate = btyd.fit(self.model, x, t_x, T)
        errors = dict(zip(self.model.estimated, map(float, estimate.standard_errors), strict=True))
        self.parameters_ = {
            **asdict(fitted),
            **{f"{name}_standard_error": error for name, error in errors.items()},
            "log_likelihood": float(estimate.log_likelihood),
        }
        self.details_ = self._told(asdict(fitted), errors)
        return self

    def _told(self, values: dict[str, Any], errors: dict[str, float]) -> dict[str, Any]:
        """Return the fit as plain JSON, with a note where it is no ordinary maximum."""
        told: dict[str, Any] = {
            "parameters": values,
            "standard_errors": {name: e if np.isfinite(e) else None for name, e in errors.items()},
            "log_likelihood": self.parameters_["log_likelihood"],
            "days_per_unit": self.days_per_unit,
        }
        unknown = [name for name, error in errors.items() if not np.isfinite(error)]
        if unknown:
            told["note"] = f"no standard error of {', '.join(unknown)}: the likelihood is flat or at a bound"
        return told

    def p_zero(self, summary: pd.DataFrame, horizon_days: float) -> np.ndarray:
        """Return the probability of no purchase in the horizon, (n,)."""
        return self._fitted(summary).p_zero(*self._units(summary), horizon_days / self.days_per_unit)

    def expected_purchases(self, summary: pd.DataFrame, horizon_days: float) -> np.ndarray:
        """Return the expected purchase days in the horizon, (n,)."""
        horizon = horizon_days / self.days_per_unit
        return self._fitted(summary).expected_purchases(*self._units(summary), horizon)

    def p_alive(self, summary: pd.DataFrame) -> np.ndarray:
        """Return the probability of being alive at the end of the observation, (n,)."""
        return self._fitted(summary).p_alive(*self._units(summary))

    def draws(self, summary: pd.DataFrame, *, horizon_days: float, size: int, seed: int) -> np.ndarray:
        """Return draws of the purchase days in the horizon, whole numbers (size, n).

        A customer's draws do not depend on the other rows; see `maths.btyd.Model.draws`.
        """
        horizon = horizon_days / self.days_per_unit
        return self._fitted(summary).draws(*self._units(summary), horizon=horizon, size=size, seed=seed)

    def _fitted(self, summary: pd.DataFrame) -> btyd.Model:
        """Return the model of customers, with the fitted parameters: the same for all."""
        return self.model(**{f.name: self.parameters_[f.name] for f in fields(self.model)})

    def _units(self, summary: pd.DataFrame) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return (x, t_x, T) in the model's unit, each (n,). Raises DataError for a row that cannot be."""
        x, t_x, T = (summary[c].to_numpy(dtype=np.float64) for c in ("frequency", "recency_days", "T_days"))
        # before they are divided, so that a message has the caller's days
        self.model.check(x, t_x, T)
        return x, t_x / self.days_per_unit, T / self.days_per_unit
