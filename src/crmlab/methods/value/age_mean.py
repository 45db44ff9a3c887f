"""The mean by age: customers spend what train rows spent as long after their first purchase.

Ages, not cohorts: a row says how long before its own origin the first purchase was, not on which day. A train
row of the same age comes from an earlier origin, and so from a customer who came earlier.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd

from crmlab.errors import NotApplicable
from crmlab.methods.value._graded import Graded
from crmlab.registry import method

TOO_OLD: Final = 0.9
"""Share of the asked rows: where more are older than every train row, the rule has no answer."""


@method(
    label="Mean by time since first purchase",
    cite="Gupta, Lehmann and Stuart 2004, with ages in place of cohorts",
)
def age_mean(column: str = "T_days", bands: int = 10):
    """column: days since the first purchase. bands: how many, of equal size."""
    return AgeMean(column, bands)


class AgeMean(Graded):
    """Expects what train rows in the same band of ages spent; unknown ages get the overall mean."""

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
        self.oldest_ = float(age[known].max()) if known.any() else np.inf
        band = np.searchsorted(self.borders_, age, side="right")
        self.mean_ = float(value.mean())
        groups = [value[known & (band == g)] for g in range(len(self.borders_) + 1)]
        self.means_ = np.array([group.mean() if len(group) else self.mean_ for group in groups])

    def rule(self, X: pd.DataFrame) -> np.ndarray:
        """Return the mean of each row's band, (m,); a row older than every train row is in the last one.

        Raises NotApplicable where nearly all rows are that old, as where no customers came after the first
        months: all would share the last band's mean, and no train row says what is spent at their age.
        """
        age = X[self.column].to_numpy(dtype=np.float64)
        older = int((age > self.oldest_).sum())
        if older > TOO_OLD * len(age):
            raise NotApplicable(
                f"{older} of {len(age)} rows are older than every train row ('{self.column}' above "
                f"{self.oldest_:.0f}): what is spent at that age is not known"
            )
        found = self.means_[np.searchsorted(self.borders_, age, side="right")]
        return np.where(np.isnan(age), self.mean_, found)
