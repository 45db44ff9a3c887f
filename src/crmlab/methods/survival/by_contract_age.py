"""A curve for each age band: what a shop reads off its own past, the newest members leave first."""

from __future__ import annotations

from typing import Annotated

import numpy as np
import pandas as pd

from crmlab.declare.method import method
from crmlab.declare.parameters import Range
from crmlab.errors import NotApplicable
from crmlab.maths import survival


@method(label="Curve by contract age", cite="Kaplan and Meier 1958", control="status_quo")
def by_contract_age(column: str = "member_days", bands: Annotated[int, Range(1)] = 4):
    """column: days since the contract began. bands: of equal numbers of train rows, by age."""
    return ByContractAge(column, bands)


class ByContractAge:
    """Kaplan-Meier curves of the train rows, one per band of a column.

    `edges_`: the ages between bands. `times_` (k,); `curves_` (bands + 1, k): the last one, of all train
    rows, is for a row of unknown age.
    """

    def __init__(self, column: str, bands: int):
        self.column = column
        self.bands = bands

    def fit(self, X: pd.DataFrame, duration: np.ndarray, event: np.ndarray) -> ByContractAge:
        """Cut the bands and estimate their curves. Raises NotApplicable where the column is absent."""
        if self.column not in X:
            raise NotApplicable(f"the rows have no column '{self.column}'")
        age = X[self.column].to_numpy(dtype=np.float64)
        known = age[~np.isnan(age)]
        cuts = np.quantile(known, np.arange(1, self.bands) / self.bands) if len(known) else []
        self.edges_ = np.unique(cuts)
        self.times_ = np.unique(duration)
        everyone = np.ones(len(X), dtype=bool)
        groups = [self._band(age) == b for b in range(len(self.edges_) + 1)] + [everyone]
        self.curves_ = np.array([self._curve(duration[g], event[g]) for g in groups])
        return self

    def survival(self, X: pd.DataFrame, times: np.ndarray) -> np.ndarray:
        """Return each row's curve at times (m,), (n, m)."""
        band = self._band(X[self.column].to_numpy(dtype=np.float64))
        return survival.step(self.times_, self.curves_, times, before=1.0)[band]

    def _band(self, age: np.ndarray) -> np.ndarray:
        """Return the number of each row's band, the last one where the age is unknown."""
        band = np.searchsorted(self.edges_, age, side="right")
        return np.where(np.isnan(age), len(self.edges_) + 1, band)

    def _curve(self, duration: np.ndarray, event: np.ndarray) -> np.ndarray:
        """Return one band's curve at all times."""
        return survival.kaplan_meier(duration, event).at(self.times_)
