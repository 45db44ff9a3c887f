"""The shop's clock: the processes run in even time, the calendar has busy hours and weekdays.

A monotone map with a period of one week takes even time to calendar time, for all processes
alike. So the order of events is kept, whole weeks are whole weeks in both, and a homogeneous
process in even time has the shop's weekly rhythm on the calendar. Both count days from the start.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np
import pandas as pd

_WEEKDAY = np.array([1.05, 1.0, 1.0, 1.0, 0.9, 0.85, 1.2])  # Monday to Sunday
_HOUR = np.repeat(  # of two hours each, from midnight
    [0.25, 0.1, 0.15, 0.55, 1.0, 1.2, 1.25, 1.1, 1.25, 1.7, 2.0, 0.95], 2
)


@dataclass(frozen=True)
class Clock:
    """Even time to calendar and back, for a shop that opens at midnight of `start`."""

    start: dt.date
    end: dt.date

    @property
    def days(self) -> int:
        """Calendar days from the start to the midnight that ends the last day."""
        return (self.end - self.start).days + 1

    @property
    def last(self) -> float:
        """The end of the span in even time, in days."""
        return float(self.even(np.array([self.days]))[0])

    def _week(self) -> np.ndarray:
        """Return even time at each of the 169 hour marks of a week that begins on `start`'s weekday."""
        intensity = np.outer(np.roll(_WEEKDAY, -self.start.weekday()), _HOUR).ravel()
        return np.concatenate([[0.0], 7 * np.cumsum(intensity) / intensity.sum()])

    def calendar(self, even: np.ndarray) -> np.ndarray:
        """Return calendar days for days of even time."""
        weeks, rest = np.divmod(even, 7.0)
        return 7.0 * weeks + np.interp(rest, self._week(), np.arange(169) / 24)

    def even(self, calendar: np.ndarray) -> np.ndarray:
        """Return days of even time for calendar days."""
        weeks, rest = np.divmod(calendar, 7.0)
        return 7.0 * weeks + np.interp(rest, np.arange(169) / 24, self._week())

    def stamp_calendar(self, calendar: np.ndarray) -> pd.Series:
        """Return naive timestamps, cut to whole seconds; NaT at or after the end of the span."""
        inside = calendar < self.days
        seconds = np.floor(np.where(inside, calendar, 0.0) * 86_400).astype("timedelta64[s]")
        stamps = np.datetime64(self.start, "us") + seconds.astype("timedelta64[us]")
        return pd.Series(np.where(inside, stamps, np.datetime64("NaT", "us")))

    def stamp(self, even: np.ndarray) -> pd.Series:
        """Return the timestamps of days of even time (see stamp_calendar)."""
        finite = np.where(np.isfinite(even), even, self.days + 7.0)
        return self.stamp_calendar(self.calendar(finite))

    def even_of(self, stamps: pd.Series) -> np.ndarray:
        """Return days of even time for timestamps; infinite for NaT."""
        days = (stamps - pd.Timestamp(self.start)) / pd.Timedelta(days=1)
        return np.where(stamps.isna(), np.inf, self.even(days.fillna(0.0).to_numpy(dtype=np.float64)))
