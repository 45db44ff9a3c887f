"""Classification: `fit(X, y)` and `predict_proba(X)`; the answer is the probability of class 1."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from crmlab.errors import NotApplicable
from crmlab.kinds import Context
from crmlab.vocabulary import CATEGORICAL, NUMERIC

TARGET = ("outcome",)
ANSWER = ("score",)


def columns(roles: Mapping[str, str]) -> list[str]:
    """Every numeric and categorical column."""
    return [c for c, role in roles.items() if role in (NUMERIC, CATEGORICAL)]


def fit(
    make: Callable[[int], Any], rows: pd.DataFrame, outcomes: pd.DataFrame | None, context: Context
) -> Any:
    """Fit on the train rows. Raises NotApplicable where they hold a single class or no row.

    Without any train row, a rule that needs none (it has `unfitted()`) still ranks; its score is
    then no probability.
    """
    if len(rows) == 0:
        model = make(context.seed)
        if hasattr(model, "unfitted"):
            return model.unfitted()
        raise NotApplicable("no train rows: no earlier origin has labels that end before the cutoff")
    labels = outcomes["outcome"].to_numpy(dtype=np.int64)
    if len(np.unique(labels)) < 2:
        raise NotApplicable(f"all {len(labels)} train rows have the outcome {labels[0]}")
    model = make(context.seed)
    # a method that chooses something on later rows is handed which these are
    chooses = "inner" in inspect.signature(model.fit).parameters
    return model.fit(rows, labels, **({"inner": context.inner} if chooses else {}))


def answer(model: Any, rows: pd.DataFrame, context: Context) -> pd.DataFrame:
    """Return the probability of class 1 as `score`."""
    return pd.DataFrame({"score": np.asarray(model.predict_proba(rows), dtype=np.float64)[:, 1]})
