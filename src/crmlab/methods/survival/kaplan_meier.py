"""The curve of all train rows for everyone: what is known without looking at a member."""

from __future__ import annotations

import numpy as np
import pandas as pd

from crmlab.declare.method import method
from crmlab.maths import survival


@method(label="One curve for all", cite="Kaplan and Meier 1958", control="chance")
def kaplan_meier():
    """Return an unfitted model."""
    return OneCurve()


class OneCurve:
    """The Kaplan-Meier curve of the train rows: `times_` and `curve_`, (k,) each."""

    def fit(self, X: pd.DataFrame, duration: np.ndarray, event: np.ndarray) -> OneCurve:
        """Estimate the curve; the columns are not looked at."""
        found = survival.kaplan_meier(duration, event)
        self.times_, self.curve_ = found.times, found.survival
        return self

    def survival(self, X: pd.DataFrame, times: np.ndarray) -> np.ndarray:
        """Return the curve at times (m,) for each row, (n, m)."""
        return np.tile(survival.step(self.times_, self.curve_, times, before=1.0), (len(X), 1))
