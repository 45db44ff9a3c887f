"""The mean of the train rows for everyone: what is known without knowing the customer."""

from __future__ import annotations

import numpy as np
import pandas as pd

from crmlab.declare.method import method
from crmlab.methods.value._graded import Graded


@method(label="Mean value", control="chance")
def mean_value():
    """Return an unfitted model."""
    return MeanValue()


class MeanValue(Graded):
    """Expects of everyone what the train rows spent on average."""

    def prepare(self, X: pd.DataFrame, value: np.ndarray) -> None:
        """Take the mean."""
        self.mean_ = float(value.mean())

    def rule(self, X: pd.DataFrame) -> np.ndarray:
        """Return the mean, (m,)."""
        return np.full(len(X), self.mean_)
