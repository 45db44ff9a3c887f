"""The hiatus rule: whoever has not bought for long has left."""

from __future__ import annotations

import numpy as np
import pandas as pd

from crmlab.declare.method import method
from crmlab.errors import NotApplicable
from crmlab.maths.encoding import signed_log
from crmlab.methods.classification._silence import Silence


@method(label="Hiatus rule", cite="Wübben and von Wangenheim 2008", control="status_quo")
def hiatus(column: str = "days_since_last"):
    """column: days since the last purchase."""
    return Hiatus(column)


class Hiatus(Silence):
    """Ranks by the logarithm of 1 + days since the last purchase."""

    def __init__(self, column: str):
        self.column = column

    def fit(self, X: pd.DataFrame, y: np.ndarray) -> Hiatus:
        """Calibrate on the train rows. Raises NotApplicable where the column is absent."""
        if self.column not in X:
            raise NotApplicable(f"the rows have no column '{self.column}'")
        self.calibrate(X, y)
        return self

    def unfitted(self) -> Hiatus:
        """Return the bare rule, for problems without train rows: it ranks, and claims no probability.

        The score is then the logarithm of 1 + days, which measures of probabilities refuse.
        """
        self.classes_, self.base_rate_ = np.array([0, 1]), None
        return self

    def predict_proba(self, X: pd.DataFrame) -> np.ndarray:
        """Return the probabilities of class 0 and 1, shape (m, 2)."""
        if self.base_rate_ is None:
            days = self.silence(X)
            return np.column_stack([-days, days])
        return super().predict_proba(X)

    def silence(self, X: pd.DataFrame) -> np.ndarray:
        """Return the logarithm of 1 + days, NaN where there was no purchase, (n,)."""
        return signed_log(X[self.column].to_numpy(dtype=float))
