"""The mean by age: customers spend what train rows spent as long after their first purchase.

Ages, not cohorts: a row says how long before its own origin the first purchase was, not on which day. A train
row of the same age comes from an earlier origin, and so from a customer who came earlier.

Who is older than every train row gets the mean of the nearest age known: that of the oldest band. Where all
customers came in the same months, nobody in training was ever as old as they are at the next origin: all get
that one mean, which orders nobody. What their own cohort spent before is not looked up, as a row does not
say on which day its customer came.
"""

from __future__ import annotations

from typing import Annotated

import numpy as np
import pandas as pd

from crmlab.declare.method import method
from crmlab.declare.parameters import Range
from crmlab.errors import NotApplicable
from crmlab.methods.value._graded import Graded


@method(
    label="Mean by time since first purchase",
    cite="Gupta, Lehmann and Stuart 2004, with ages in place of cohorts",
)
def age_mean(column: str = "T_days", bands: Annotated[int, Range(1)] = 10):
    """column: days since the first purchase. bands: how many, of equal size."""
    return AgeMean(column, bands)


class AgeMean(Graded):
    """Expects what train rows in the same band of ages spent; unknown ages get the overall mean.

    The first and the last band are open: ages below and above all known ones belong to them.
    """

    def __init__(self, column: str, bands: int):
        self.column = column
        self.bands = bands

    def prepare(self, X: pd.DataFrame, value: np.ndarray) -> None:
        """Take the bands and their means. Raises NotApplicable where the column is absent."""
        if self.column not in X:
            raise NotApplicable(f"the rows have no column '{self.column}'")
        age = X[self.column].to_numpy(dtype=np.float64)
        known = ~np.isnan(age)
        inner = np.arange(1, self.bands) / self.bands
        self.borders_ = np.unique(np.quantile(age[known], inner)) if known.any() else np.empty(0)
        band = np.searchsorted(self.borders_, age, side="right")
        self.mean_ = float(value.mean())
        groups = [value[known & (band == g)] for g in range(len(self.borders_) + 1)]
        self.means_ = np.array([group.mean() if len(group) else self.mean_ for group in groups])
        if known.any():
            self.details_ = {"note": self._of_ages(age[known])}

    def _of_ages(self, age: np.ndarray) -> str:
        """Say which ages were learned from, and what is expected of those beyond."""
        return (
            f"learned from ages ('{self.column}') of {age.min():.0f} to {age.max():.0f}: the older get the "
            f"mean of the oldest band, {self.means_[-1]:,.2f}"
        )

    def rule(self, X: pd.DataFrame) -> np.ndarray:
        """Return the mean of each row's band, (m,); it depends on no other row."""
        age = X[self.column].to_numpy(dtype=np.float64)
        found = self.means_[np.searchsorted(self.borders_, age, side="right")]
        return np.where(np.isnan(age), self.mean_, found)
