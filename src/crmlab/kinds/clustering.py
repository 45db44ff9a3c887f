"""Clustering: `fit(X)` and `predict(X)`; the answer is a segment for every customer.

Beside the segment, the answer holds

- the labels of B models refitted on bootstrap samples of the same customers (`segment_00`,
  `segment_01`, ...), from which stability is measured; where the model chose its number of segments
  (attribute `k_`), the refits keep it;
- how sure the segment is, where the model has the verb `closeness`: `probability` of the own
  segment or `distance` to its centre, and the `margin` to the next one, 0 to 1;
- `log_density` and the number of free `parameters`, where the model is a density.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

import numpy as np
import pandas as pd

from crmlab.errors import NotApplicable
from crmlab.kinds import Context
from crmlab.seeds import generator, seed_of
from crmlab.vocabulary import CATEGORICAL, NUMERIC

SEGMENTED: Final = (
    "days_since_last",
    "frequency",
    "monetary_value",
    "total_spend",
    "T_days",
    "gap_mean_days",
    "basket_units",
    "products",
)
"""The numeric columns that are clustered: few and interpretable, as distances drown in many."""

TARGET = ()
ANSWER = ("segment",)
CLOSENESS = ("probability", "distance", "margin")


def columns(roles: Mapping[str, str]) -> list[str]:
    """Every numeric and categorical column."""
    found = [c for c, role in roles.items() if role in (NUMERIC, CATEGORICAL)]
    if not any(roles[c] == NUMERIC for c in found):
        raise NotApplicable("the problem has no numeric column to segment on")
    return found


def fit(make: Callable[..., Any], rows: pd.DataFrame, outcomes: Any, context: Context) -> Any:
    """Fit the model that is kept, and its bootstrap refits (as the attribute `refits_`)."""
    if len(rows) == 0:
        raise NotApplicable("no customers to segment")
    model = make(context.seed).fit(rows)
    model.refits_ = []
    fixed = {"k": model.k_} if hasattr(model, "k_") else {}
    for b in range(context.stability_refits):
        drawn = generator(context.seed, "stability", b).integers(0, len(rows), len(rows))
        again = make(seed_of(context.seed, "refit", b), **fixed)
        model.refits_.append(again.fit(rows.iloc[drawn].reset_index(drop=True)))
    return model


def answer(model: Any, rows: pd.DataFrame, context: Context) -> pd.DataFrame:
    """Return `segment` (0, 1, ...), how sure it is, and one column of labels per refit."""
    found = {"segment": np.asarray(model.predict(rows), dtype=np.int64)}
    if hasattr(model, "closeness"):
        closeness = model.closeness(rows)
        found |= {c: closeness[c].to_numpy(dtype=np.float64) for c in CLOSENESS if c in closeness}
    if hasattr(model, "log_density"):
        found["log_density"] = np.asarray(model.log_density(rows), dtype=np.float64)
        found["parameters"] = np.full(len(rows), model.parameters_, dtype=np.int64)
    for b, again in enumerate(getattr(model, "refits_", [])):
        found[f"segment_{b:02d}"] = np.asarray(again.predict(rows), dtype=np.int64)
    return pd.DataFrame(found)
