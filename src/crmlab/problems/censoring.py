"""Outcomes that are not known yet: who was followed for too short a time, and what stands in for them.

The `outcome` of a solution is null where a row was censored before the horizon. To leave such rows out
would be wrong: among those who are known, the ones who ended are too many. So rates come from the
Kaplan-Meier curve, and each end counts by the inverse of its chance to have been seen (Robins and
Rotnitzky 1992; Graf, Schmoor, Sauerbrei and Schumacher 1999).
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from crmlab.maths.survival import Curve, kaplan_meier


def is_censored(solution: pd.DataFrame) -> np.ndarray:
    """Return which rows have an outcome that is not known, (n,)."""
    return solution["outcome"].isna().to_numpy()


def counted(solution: pd.DataFrame) -> np.ndarray:
    """Return how many outcomes of 1 each row stands for, (n,): the outcome, where all are known.

    Else 1 / G at its end for a row that ended, where G is the chance to be followed for so long among the
    same rows, and 0 for any other. The sum estimates how many ended within the horizon.
    """
    if not is_censored(solution).any():
        return solution["outcome"].to_numpy()
    duration, event = _observed(solution)
    return np.where(event, 1 / np.where(event, _followed(duration, event).at(2 * duration), 1.0), 0.0)


def rate(solution: pd.DataFrame, horizon_days: int | None) -> float | None:
    """Return the share of outcomes of 1; by the Kaplan-Meier curve where some are not known.

    None where there is no row, or where none was followed for the whole horizon.
    """
    if not len(solution):
        return None
    if not is_censored(solution).any():
        return float(solution["outcome"].mean())
    if solution["followed_days"].max() < horizon_days:
        return None
    return 1.0 - float(kaplan_meier(*_observed(solution)).at(np.array([horizon_days]))[0])


def followed_share(solution: pd.DataFrame, horizon_days: int) -> float:
    """Return G at the horizon: the chance to be followed for all of it (Kaplan-Meier of the censoring).

    Its inverse is what the rows that are known then count for.
    """
    return float(_followed(*_observed(solution)).at(np.array([2 * horizon_days]))[0])


def _observed(solution: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Return durations (whole days), and which rows ended, (n,) each."""
    return solution["duration_days"].to_numpy(), solution["event"].to_numpy() > 0


def _followed(duration: np.ndarray, event: np.ndarray) -> Curve:
    """Return G over half days: at 2t stands the chance to be followed up to day t or longer.

    On the same day ends come before censoring, so that censoring takes place half a day later.
    """
    return kaplan_meier(2 * duration + ~event, ~event)
