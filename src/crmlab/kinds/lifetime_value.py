"""Lifetime value: buying and spending models fitted without labels; the answer is future spend.

As `value`, from what is known at the cutoff alone. Beside it stand the parts that multiply to the
expected spend: `p_alive`, the purchases expected of who is alive, and the spend per purchase.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from crmlab.errors import NotApplicable
from crmlab.kinds import Context, lifetime
from crmlab.kinds.lifetime import SUMMARY

TARGET = ()
ANSWER = ("score", "lower", "upper", "p_zero")
PARTS = ("p_alive", "purchases_if_alive", "spend_per_purchase")
"""Their product is the score."""


def columns(roles: Mapping[str, str]) -> list[str]:
    """The summary with the mean spend, and `left_censored` where the problem says who was seen too late."""
    wanted = lifetime.columns(roles)
    if SUMMARY[3] not in wanted:
        raise NotApplicable(f"no spend is known: the rows have no {SUMMARY[3]}")
    return wanted


def fit(make: Callable[[int], Any], rows: pd.DataFrame, outcomes: Any, context: Context) -> Any:
    """Fit on every customer whose first purchase is known (left-censored ones are barred)."""
    return lifetime.fit(make, rows, outcomes, context)


def answer(model: Any, rows: pd.DataFrame, context: Context) -> pd.DataFrame:
    """Return the expected spend in the horizon, its 80 % interval, P(no spend), and the PARTS."""
    if context.horizon_days is None:
        raise NotApplicable("the problem has no horizon in days")
    if context.gap_days:
        raise NotApplicable(f"the label window begins {context.gap_days} days after the cutoff, not at it")
    found = model.predict(rows, horizon_days=context.horizon_days)
    return found[[*ANSWER, *PARTS]].astype(np.float64)
