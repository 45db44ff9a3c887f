"""Discrete time: one row per member and period at risk, and a classifier of who ends in it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator

from crmlab.errors import NotApplicable
from crmlab.maths.retention_curves import DAYS_PER_MONTH, renewals_by


class DiscreteHazard:
    """The hazard of each period from a classifier of person-period rows (Singer and Willett 1993).

    Of a row that was censored within a period, the watched part of the period counts as survived: to leave
    it out would be wrong, as those that ended in that part are counted (the actuarial estimate of a life
    table, with the time at risk itself instead of one half; Cox and Oakes 1984, chapter 4).
    input: how columns become numbers. learner: an unfitted classifier. periods: of equal length, up to the
    longest train duration. age: the column of a contract's days at the cutoff; where the rows have it,
    a period also knows how old the contract is at its beginning and how many monthly renewals fall in it.
    indicators: whether each period has a column of its own, for a learner that draws straight lines.
    """

    def __init__(self, input: Any, learner: BaseEstimator, *, periods: int, age: str, indicators: bool):
        self.input = input
        self.learner = learner
        self.periods = periods
        self.age = age
        self.indicators = indicators
        self.gap_days = 0

    def fit(self, X: pd.DataFrame, duration: np.ndarray, event: np.ndarray) -> DiscreteHazard:
        """Fit the classifier. Raises NotApplicable where all person-periods end alike.

        duration (n,) in days, event (n,): 1 where a row ended, 0 where it was censored.
        """
        Z = self.input.fit_transform(X)
        longest = float(duration.max())
        # k/periods of the longest: a border on a whole day is that day exactly, and no end falls between two
        self.borders_ = np.append(np.arange(self.periods) * longest / self.periods, longest)
        self.has_age_ = self.age in X and bool(X[self.age].notna().any())
        self.usual_age_ = float(X[self.age].median()) if self.has_age_ else 0.0
        begins, ends_at = self.borders_[:-1], self.borders_[1:]
        ended = (np.asarray(event) > 0)[:, None] & (duration[:, None] <= ends_at)
        watched = np.clip((duration[:, None] - begins) / (ends_at - begins), 0.0, 1.0)
        row, period = np.nonzero(watched)
        ends = ended[row, period].astype(np.int64)
        share = np.where(ends == 1, 1.0, watched[row, period])
        if len(np.unique(ends)) < 2:
            raise NotApplicable(
                f"all {len(ends)} periods of {self.borders_[1]:.0f} days in the train rows end alike"
            )
        # weights of one are none: the same fit to the last digit, and a learner need not take any
        weights = {} if (share == 1.0).all() else {"sample_weight": share}
        self.learner.fit(self._rows(Z[row], self._ages(X)[row], period), ends, **weights)
        return self

    def survival(self, X: pd.DataFrame, times: np.ndarray) -> np.ndarray:
        """Return each row's curve at times (m,), (n, m): straight lines between the ends of periods."""
        n = len(X)
        row, period = np.divmod(np.arange(n * self.periods), self.periods)
        Z, ages = self.input.transform(X), self._ages(X)
        hazard = self.learner.predict_proba(self._rows(Z[row], ages[row], period))[:, 1]
        curve = np.cumprod(1 - hazard.reshape(n, self.periods), axis=1)
        curve = np.concatenate([np.ones((n, 1)), curve], axis=1)
        return np.array([np.interp(times, self.borders_, c) for c in curve])

    def _ages(self, X: pd.DataFrame) -> np.ndarray:
        """Return the days from each contract's first day to the first of the label window, (n,)."""
        known = X[self.age].to_numpy(dtype=np.float64) if self.has_age_ else np.zeros(len(X))
        return np.where(np.isnan(known), self.usual_age_, known) + 1 + self.gap_days

    def _rows(self, Z: np.ndarray, ages: np.ndarray, period: np.ndarray) -> np.ndarray:
        """Return person-period rows: the columns, then the period and what it knows of the contract."""
        time = np.eye(self.periods)[period] if self.indicators else period[:, None].astype(np.float64)
        if not self.has_age_:
            return np.column_stack([Z, time])
        age = np.clip(ages, 0.0, 1e6)
        start = age + self.borders_[period]
        renewals = renewals_by(age + self.borders_[period + 1]) - renewals_by(start)
        return np.column_stack([Z, time, np.log1p(start / DAYS_PER_MONTH), renewals])
