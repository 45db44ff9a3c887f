"""Value: `fit(X, value, horizon_days)` and `predict(X)`; the answer is what a customer will spend.

Spend is net, in the data set's currency, over the horizon; what is given back takes it away. Where
returns leave nothing or less, nothing was spent: a value is 0 or positive. Beside the expected spend stand
the 10 % and 90 % quantiles of the predictive distribution and the probability of no spend at all.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from crmlab.errors import NotApplicable
from crmlab.kinds import Context
from crmlab.vocabulary import CATEGORICAL, NUMERIC

TARGET = ("value",)
ANSWER = ("score", "lower", "upper", "p_zero")


def columns(roles: Mapping[str, str]) -> list[str]:
    """Every numeric and categorical column."""
    return [c for c, role in roles.items() if role in (NUMERIC, CATEGORICAL)]


def fit(
    make: Callable[[int], Any], rows: pd.DataFrame, outcomes: pd.DataFrame | None, context: Context
) -> Any:
    """Fit on the train rows. Raises NotApplicable without train rows, spend, or a horizon."""
    if context.horizon_days is None:
        raise NotApplicable("the problem has no horizon in days")
    if len(rows) == 0:
        raise NotApplicable("no train rows: no earlier origin has labels that end before the cutoff")
    value = np.maximum(outcomes["value"].to_numpy(dtype=np.float64), 0.0)
    if not value.any():
        raise NotApplicable(f"none of {len(value)} train rows has spent anything")
    return make(context.seed).fit(rows, value, horizon_days=context.horizon_days)


def answer(model: Any, rows: pd.DataFrame, context: Context) -> pd.DataFrame:
    """Return `score` (expected spend), `lower` and `upper` (80 % interval), and `p_zero`."""
    return model.predict(rows)[list(ANSWER)].astype(np.float64)
