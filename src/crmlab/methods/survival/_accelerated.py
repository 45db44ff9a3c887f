"""Accelerated failure times at the door of frames."""

from __future__ import annotations

import numpy as np
import pandas as pd

from crmlab.maths import accelerated_failure as maths
from crmlab.maths.encoding import linear_input


class AcceleratedFailure:
    """log duration = intercept + columns + scale × noise, on encoded columns with a ridge.

    noise: of crmlab.maths.accelerated_failure. `intercept_`, `coefficients_` (p,), `scale_`.
    """

    def __init__(self, noise: str, ridge: float):
        self.noise = noise
        self.ridge = ridge

    def fit(self, X: pd.DataFrame, duration: np.ndarray, event: np.ndarray) -> AcceleratedFailure:
        """Fit by penalised maximum likelihood. Raises DidNotConverge where it does not converge."""
        self.input_ = linear_input()
        Z = self.input_.fit_transform(X)
        found = maths.fit(Z, duration, event, noise=self.noise, ridge=self.ridge)
        self.intercept_, self.coefficients_ = found.intercept, found.coefficients
        self.scale_ = found.scale
        self.details_ = {"scale": found.scale, "log_likelihood": found.log_likelihood}
        return self

    def survival(self, X: pd.DataFrame, times: np.ndarray) -> np.ndarray:
        """Return each row's curve at times (m,), (n, m)."""
        mean = self.intercept_ + self.input_.transform(X) @ self.coefficients_
        return maths.survival(times, mean, self.scale_, noise=self.noise)
