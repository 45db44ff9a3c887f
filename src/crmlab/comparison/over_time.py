"""Over time: what another window may bring, from the windows that a comparison has."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from crmlab.maths.between_windows import AnotherWindow, another_window, shared_time

YEAR_DAYS = 365


def in_another_window(
    problem: Any, folds: pd.DataFrame, method: str, *, level: float
) -> AnotherWindow | None:
    """Return what a method's value would be in another window; None where windows are too few or no windows.

    folds: values by window of one metric (method, fold, value). Windows of events share the days that their
    labels have in common; blocks of a table share none.
    """
    if problem.protocol.resampled:
        return None
    own = folds[folds["method"] == method].sort_values("fold")
    facts = {f["fold"]: f for f in problem.facts["folds"]}
    starts = [facts[fold]["cutoff"] for fold in own["fold"]]
    dated = len(starts) > 0 and all(starts)
    days = problem.facts.get("horizon_days")
    shared = shared_time(starts, days) if dated else np.eye(len(own))
    found = another_window(own["value"].to_numpy(dtype=np.float64), shared, level=level)
    if found is None or not dated:
        return found
    span = pd.Timestamp(max(starts)) - pd.Timestamp(min(starts)) + pd.Timedelta(days=days)
    return replace(found, within_a_year=bool(span <= pd.Timedelta(days=YEAR_DAYS)))
