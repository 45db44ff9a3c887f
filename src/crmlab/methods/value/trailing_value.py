"""Trailing value: a customer will spend what was spent in the last such window."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd

from crmlab.declare.method import method
from crmlab.errors import NotApplicable
from crmlab.methods.value._graded import Graded

WINDOW = re.compile(r"spend_(\d+)")
"""How a column of trailing spend names its days."""


@method(label="Trailing value", cite="Wübben and von Wangenheim 2008", control="status_quo")
def trailing_value():
    """Return an unfitted model."""
    return TrailingValue()


class TrailingValue(Graded):
    """Expects the spend of the trailing window nearest in length to the horizon, per day times its days."""

    def prepare(self, X: pd.DataFrame, value: np.ndarray) -> None:
        """Choose the window. Raises NotApplicable where no column tells trailing spend."""
        windows = {int(found[1]): c for c in X for found in [WINDOW.fullmatch(c)] if found}
        if not windows:
            raise NotApplicable("the rows have no trailing spend (a column such as spend_90)")
        days = min(sorted(windows), key=lambda d: abs(np.log(d / self.horizon_days_)))
        self.column_, self.factor_ = windows[days], self.horizon_days_ / days
        self.details_ = {"column": self.column_, "times": self.factor_}

    def rule(self, X: pd.DataFrame) -> np.ndarray:
        """Return the trailing spend scaled to the horizon, (m,); nothing where none is known."""
        return np.maximum(np.nan_to_num(X[self.column_].to_numpy(dtype=np.float64)), 0.0) * self.factor_
