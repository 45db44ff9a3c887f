"""Retention curves at the door of frames: days outside, renewals inside."""

from __future__ import annotations

import numpy as np
import pandas as pd

from crmlab.errors import NotApplicable
from crmlab.maths import retention_curves as maths

NAMES = ("alpha", "beta", "c")


class RetentionCurve:
    """A model of crmlab.maths.retention_curves, fitted on contracts that were running at a cutoff.

    They are left-truncated: a contract is seen only because it has passed its earlier renewals. model: its
    name there. age: the column of the days since the contract began. `parameters_`: the estimates by name,
    with `<name>_standard_error`. The errors take rows for independent, which the months that one member
    shows at several cutoffs are not.
    """

    def __init__(self, model: str, age: str):
        self.model = model
        self.age = age
        self.gap_days = 0

    def fit(self, X: pd.DataFrame, duration: np.ndarray, event: np.ndarray) -> RetentionCurve:
        """Fit by maximum likelihood.

        Raises NotApplicable where no age is known, DidNotConverge where the fit does not converge.
        """
        if self.age not in X or not X[self.age].notna().any():
            raise NotApplicable(f"the rows have no column '{self.age}' that says how old a contract is")
        known = X[self.age].notna().to_numpy()
        self.usual_age_ = float(X[self.age].median())
        ages = self._ages(X)[known]
        duration, event = duration[known], event[known]
        if not event.any():
            raise NotApplicable("no contract of known age ended: there is no curve to fit")
        passed, last = maths.in_renewals(ages, duration, event)
        found = maths.fit(passed, last, event, model=self.model)
        pairs = list(zip(NAMES, found.parameters, found.standard_errors, strict=False))
        self.parameters_ = {name: float(value) for name, value, _ in pairs}
        errors = {f"{name}_standard_error": _plain(error) for name, _, error in pairs}
        self.details_ = {**self.parameters_, **errors, "log_likelihood": found.log_likelihood}
        return self

    def survival(self, X: pd.DataFrame, times: np.ndarray) -> np.ndarray:
        """Return each row's curve at times (m,), (n, m): it falls at the renewals of the row's contract."""
        ages = self._ages(X)
        passed = maths.renewals_by(ages)[:, None]
        reached = maths.renewals_by(ages[:, None] + times)
        values = tuple(self.parameters_.values())
        return np.exp(maths.log_survivor(reached, *values) - maths.log_survivor(passed, *values))

    def _ages(self, X: pd.DataFrame) -> np.ndarray:
        """Return the days from each contract's first day to the first of the label window, (n,)."""
        age = X[self.age].to_numpy(dtype=np.float64)
        return np.clip(np.where(np.isnan(age), self.usual_age_, age), 0.0, 1e6) + 1 + self.gap_days


def _plain(value: float) -> float | None:
    """Return a number for JSON; None where there is none."""
    return float(value) if np.isfinite(value) else None
