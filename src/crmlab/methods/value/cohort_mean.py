"""The mean of the cohort: customers who came at about the same time spend the same."""

from __future__ import annotations

import numpy as np
import pandas as pd

from crmlab.errors import NotApplicable
from crmlab.methods.value._graded import Graded
from crmlab.registry import method


@method(label="Cohort mean", cite="Gupta, Lehmann and Stuart 2004")
def cohort_mean(column: str = "T_days", cohorts: int = 10):
    """column: how long a customer has been one. cohorts: groups of equal size by it."""
    return CohortMean(column, cohorts)


class CohortMean(Graded):
    """Expects what train rows of the same age as a customer spent; unknown ages get the overall mean."""

    def __init__(self, column: str, cohorts: int):
        self.column = column
        self.cohorts = cohorts

    def prepare(self, X: pd.DataFrame, value: np.ndarray) -> None:
        """Take cohorts and their means. Raises NotApplicable where the column is absent."""
        if self.column not in X:
            raise NotApplicable(f"the rows have no column '{self.column}'")
        age = X[self.column].to_numpy(dtype=np.float64)
        known = ~np.isnan(age)
        inner = np.arange(1, self.cohorts) / self.cohorts
        self.borders_ = np.unique(np.quantile(age[known], inner)) if known.any() else np.empty(0)
        cohort = np.searchsorted(self.borders_, age, side="right")
        self.mean_ = float(value.mean())
        groups = [value[known & (cohort == g)] for g in range(len(self.borders_) + 1)]
        self.means_ = np.array([group.mean() if len(group) else self.mean_ for group in groups])

    def rule(self, X: pd.DataFrame) -> np.ndarray:
        """Return the mean of each customer's cohort, (m,)."""
        age = X[self.column].to_numpy(dtype=np.float64)
        found = self.means_[np.searchsorted(self.borders_, age, side="right")]
        return np.where(np.isnan(age), self.mean_, found)
