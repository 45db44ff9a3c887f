"""Between windows: what a measure would be in another one, where the windows share a part of their time."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import t as student

FEWEST = 3
"""Windows from which their spread is told."""


@dataclass(frozen=True)
class AnotherWindow:
    """What another window may bring: mean and standard deviation over windows, the interval for one more.

    effective: how many windows without a common day would tell as much.
    """

    windows: int
    effective: float
    mean: float
    spread: float
    lower: float
    upper: float
    within_a_year: bool = False
    """Whether all windows lie within one year."""


def shared_time(starts: Sequence[str | dt.date], days: int) -> np.ndarray:
    """Return the share of time that every two windows of so many days have in common, (W, W)."""
    at = np.array([np.datetime64(str(s)[:10]) for s in starts]).astype("datetime64[D]").astype(np.int64)
    return np.maximum(0.0, 1.0 - np.abs(at[:, None] - at[None, :]) / days)


def another_window(values: np.ndarray, shared: np.ndarray, *, level: float) -> AnotherWindow | None:
    """Return what a measure would be in another window; None below FEWEST windows with a value.

    values: (W,), nan ones left out. shared: (W, W) correlation of the windows, taken to be the time that
    they share: seven monthly windows of 90 days are worth 49 / 18.3 = 2.7. Their variance is that of the
    deviations from the mean over what a correlation leaves of it, and its degrees of freedom are those of a
    quadratic form in correlated normals (Box 1954).
    """
    there = ~np.isnan(values)
    values, shared = values[there], shared[np.ix_(there, there)]
    n = len(values)
    if n < FEWEST:
        return None
    centring = np.eye(n) - 1 / n
    inner = centring @ shared
    left = float(np.trace(inner))
    df = left**2 / float(np.trace(inner @ inner))
    variance = float(((values - values.mean()) ** 2).sum()) / left
    of_mean = float(shared.sum()) / n**2
    half = student.ppf((1 + level) / 2, df) * np.sqrt(variance * (1 + of_mean))
    mean = float(values.mean())
    return AnotherWindow(n, 1 / of_mean, mean, float(np.sqrt(variance)), mean - half, mean + half)
