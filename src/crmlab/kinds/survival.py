"""Survival: `fit(X, duration, event)` and `survival(X, times)`; the answer is a curve for every row.

The curve is told at twelve equal parts of the horizon: `survival_k` is the probability to stay beyond
k/12 of it. The score is the probability to leave within it. Days count from the beginning of the label
window; a row that ends on its first day has the duration 1, and S(t) = P(duration > t).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from crmlab.errors import NotApplicable
from crmlab.kinds import Context
from crmlab.vocabulary import CATEGORICAL, NUMERIC

PARTS = 12
"""Of the horizon: a curve is told at the end of each."""
CURVE = tuple(f"survival_{k}" for k in range(1, PARTS + 1))

TARGET = ("duration_days", "event")
ANSWER = ("score", *CURVE)


def columns(roles: Mapping[str, str]) -> list[str]:
    """Every numeric and categorical column."""
    return [c for c, role in roles.items() if role in (NUMERIC, CATEGORICAL)]


def fit(
    make: Callable[[int], Any], rows: pd.DataFrame, outcomes: pd.DataFrame | None, context: Context
) -> Any:
    """Fit on the train rows. Raises NotApplicable where there is none, or none of them ended.

    A model that reckons with the age of a contract has `gap_days`: days from the cutoff, at which ages are
    known, to the beginning of the label window.
    """
    if len(rows) == 0:
        raise NotApplicable("no train rows: no earlier origin has labels that end before the cutoff")
    duration, event = (outcomes[c].to_numpy(dtype=np.float64) for c in TARGET)
    if not event.any():
        raise NotApplicable(f"none of the {len(rows)} train rows ended: there is nothing to learn when from")
    model = make(context.seed)
    if hasattr(model, "gap_days"):
        model.gap_days = context.gap_days
    return model.fit(rows, duration, event)


def answer(model: Any, rows: pd.DataFrame, context: Context) -> pd.DataFrame:
    """Return `score` = P(end within the horizon) and the curve. Raises NotApplicable without a horizon."""
    if context.horizon_days is None:
        raise NotApplicable("the problem has no horizon in days")
    curve = np.asarray(model.survival(rows, times(context.horizon_days)), dtype=np.float64)
    curve = np.clip(curve, 0.0, 1.0)
    return pd.DataFrame({"score": 1.0 - curve[:, -1], **dict(zip(CURVE, curve.T, strict=True))})


def times(horizon_days: float) -> np.ndarray:
    """Return the days, (12,), at which a curve is told."""
    return horizon_days * np.arange(1, PARTS + 1) / PARTS
