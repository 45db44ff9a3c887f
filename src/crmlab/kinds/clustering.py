"""Clustering: `fit(X)` and `predict(X)`; the answer is a segment for every customer.

Beside the segment, the answer holds the labels of B models refitted on bootstrap samples of the
same customers (`segment_00`, `segment_01`, ...), from which stability is measured.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from crmlab.errors import NotApplicable
from crmlab.kinds import Context
from crmlab.seeds import generator, seed_of
from crmlab.vocabulary import NUMERIC

LABEL_FREE = True
ANSWER = ("segment",)


def columns(roles: Mapping[str, str]) -> list[str]:
    """Every numeric column."""
    found = [c for c, role in roles.items() if role == NUMERIC]
    if not found:
        raise NotApplicable("the problem has no numeric column to segment on")
    return found


def fit(make: Callable[[int], Any], rows: pd.DataFrame, outcomes: Any, context: Context) -> Any:
    """Fit the model that is kept, and its bootstrap refits (as the attribute `refits_`)."""
    if len(rows) == 0:
        raise NotApplicable("no customers to segment")
    model = make(context.seed).fit(rows)
    model.refits_ = []
    for b in range(context.stability_refits):
        drawn = generator(context.seed, "stability", b).integers(0, len(rows), len(rows))
        again = make(seed_of(context.seed, "refit", b))
        model.refits_.append(again.fit(rows.iloc[drawn].reset_index(drop=True)))
    return model


def answer(model: Any, rows: pd.DataFrame, context: Context) -> pd.DataFrame:
    """Return `segment` (0, 1, ...) and one column per refit, each 0, 1, ..."""
    labels = {"segment": np.asarray(model.predict(rows), dtype=np.int64)}
    for b, again in enumerate(getattr(model, "refits_", [])):
        labels[f"segment_{b:02d}"] = np.asarray(again.predict(rows), dtype=np.int64)
    return pd.DataFrame(labels)
