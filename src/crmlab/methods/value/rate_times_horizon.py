"""Rate times horizon: repeat purchases a day, at the mean spend, go on as they were."""

from __future__ import annotations

import numpy as np
import pandas as pd

from crmlab.declare.method import method
from crmlab.errors import NotApplicable
from crmlab.kinds.lifetime import SUMMARY
from crmlab.methods.value._graded import Graded


@method(label="Rate × horizon", cite="Berger and Nasr 1998")
def rate_times_horizon():
    """Return an unfitted model."""
    return RateTimesHorizon()


class RateTimesHorizon(Graded):
    """Expects frequency / T_days × monetary_value × horizon: nobody ever leaves, and nothing is shrunk.

    Who has not bought again has a rate of 0.
    """

    def prepare(self, X: pd.DataFrame, value: np.ndarray) -> None:
        """Raise NotApplicable where a column of the purchase history is absent."""
        absent = [c for c in ("frequency", "T_days", "monetary_value") if c not in X]
        if absent:
            raise NotApplicable(f"the rows have no column '{absent[0]}'")

    def rule(self, X: pd.DataFrame) -> np.ndarray:
        """Return rate × mean spend × horizon, (m,)."""
        frequency, _, days, spend = (
            np.nan_to_num(X[c].to_numpy(dtype=np.float64)) if c in X else None for c in SUMMARY
        )
        return frequency / np.maximum(days, 1.0) * np.maximum(spend, 0.0) * self.horizon_days_
