"""Cox regression, proportional hazards with a small ridge."""

from __future__ import annotations

from typing import Annotated

import numpy as np
import pandas as pd

from crmlab.declare.method import method
from crmlab.declare.parameters import Range
from crmlab.maths import cox as maths
from crmlab.maths.encoding import linear_input
from crmlab.methods.survival._proportional import OnOneBaseline


@method(label="Cox regression", cite="Cox 1972; ties: Efron 1977")
def cox(ridge: Annotated[float, Range(0)] = 10.0):
    """ridge: weight of the penalty on the squared coefficients of standardised columns."""
    return Cox(ridge)


class Cox(OnOneBaseline):
    """Cox regression on encoded columns: `coefficients_`, `standard_errors_` (p,), of log hazard ratios."""

    def __init__(self, ridge: float):
        self.ridge = ridge

    def fit(self, X: pd.DataFrame, duration: np.ndarray, event: np.ndarray) -> Cox:
        """Fit by penalised partial likelihood. Raises DidNotConverge where it does not converge."""
        self.input_ = linear_input()
        Z = self.input_.fit_transform(X)
        found = maths.fit(Z, duration, event, ridge=self.ridge)
        self.coefficients_, self.standard_errors_ = found.coefficients, found.standard_errors
        self.set_baseline(self._log_relative(Z), duration, event)
        return self

    def survival(self, X: pd.DataFrame, times: np.ndarray) -> np.ndarray:
        """Return each row's curve at times (m,), (n, m)."""
        return self.curves(self._log_relative(self.input_.transform(X)), times)

    def _log_relative(self, Z: np.ndarray) -> np.ndarray:
        """Return the log relative hazards (n,) of encoded rows."""
        return maths.linear_predictor(Z, self.coefficients_)
