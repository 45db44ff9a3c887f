"""Lifetime: buy-till-you-die models fitted on (frequency, recency_days, T_days) without labels.

The churn score is `p_zero`, the probability of no purchase in the horizon. P(alive) is not used:
under BG/NBD it is 1 for every customer with one purchase.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

import numpy as np
import pandas as pd

from crmlab.errors import NotApplicable
from crmlab.kinds import Context

SUMMARY: Final = ("frequency", "recency_days", "T_days", "monetary_value")
"""The buy-till-you-die summary (see docs/glossary.md for the conventions)."""

TARGET = ()
ANSWER = ("score", "expected_purchases")


def columns(roles: Mapping[str, str]) -> list[str]:
    """The summary columns, and `left_censored` where the problem says who was seen too late."""
    wanted = [c for c in (*SUMMARY, "left_censored") if c in roles]
    if not set(SUMMARY[:3]) <= set(wanted):
        raise NotApplicable("no purchase history: the rows have no frequency, recency_days, T_days")
    return wanted


def fit(make: Callable[[int], Any], rows: pd.DataFrame, outcomes: Any, context: Context) -> Any:
    """Fit on every customer whose first purchase is known (left-censored ones are barred)."""
    seen = rows[~rows["left_censored"].astype(bool)] if "left_censored" in rows else rows
    if len(seen) == 0:
        raise NotApplicable("no customer with a known first purchase")
    return make(context.seed).fit(seen)


def answer(model: Any, rows: pd.DataFrame, context: Context) -> pd.DataFrame:
    """Return `score` = P(no purchase in the horizon), and `expected_purchases` in the horizon."""
    horizon = context.horizon_days
    if horizon is None:
        raise NotApplicable("the problem has no horizon in days")
    if context.gap_days:
        raise NotApplicable(f"the label window begins {context.gap_days} days after the cutoff, not at it")
    return pd.DataFrame(
        {
            "score": np.asarray(model.p_zero(rows, horizon), dtype=np.float64),
            "expected_purchases": np.asarray(model.expected_purchases(rows, horizon), dtype=np.float64),
        }
    )
