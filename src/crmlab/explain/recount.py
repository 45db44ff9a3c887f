"""Recount: rules that one origin proposed, counted again at the next."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import Final

import numpy as np
import pandas as pd

from crmlab.explain.conditions import Condition, holding
from crmlab.explain.evidence import FEWEST
from crmlab.explain.window import LastWindow
from crmlab.maths import lift
from crmlab.maths.rates import wilson

MEASURES: Final = ("support", "confidence", "lift")


def counted(window: LastWindow, found: Sequence[Sequence[Condition]]) -> pd.DataFrame:
    """Return how the rules did in the test rows: `n`, the MEASURES with intervals, `shorter`, `held`.

    The intervals of a measure hold for all rules at once (Bonferroni). An origin has one row per customer,
    so that rows are independent: support and confidence take Wilson's interval (1927), the lift that of
    `maths.lift`. Below FEWEST customers nothing is said; such a rule has not held.
    """
    level = 1 - (1 - window.level) / max(1, len(found))
    outcome, base, m = window.test_outcome, window.base_rate, len(window.test)
    masks = [holding(conditions, window.test) for conditions in found]
    table = pd.DataFrame({"n": np.array([mask.sum() for mask in masks], dtype=np.int64)})
    told = (table["n"] >= FEWEST).to_numpy()
    n = table["n"].to_numpy()[told]
    ones = np.array([outcome[mask].sum() for mask in masks], dtype=np.int64)[told]
    measured = {
        "support": (ones / m, *wilson(ones, np.full(len(n), m), level=level)),
        "confidence": (ones / n, *wilson(ones, n, level=level)),
        "lift": (ones / n / base, *lift.interval(ones, n, int(outcome.sum()), m, level=level)),
    }
    for measure, values in measured.items():
        for end, value in zip(("", "_lower", "_upper"), values, strict=True):
            table.loc[told, f"{measure}{end}"] = value
    table["shorter"] = [_shorter(window, c) if t else np.nan for c, t in zip(found, told, strict=True)]
    return table.assign(held=(table["confidence_lower"] > base).astype(bool))


def _shorter(window: LastWindow, conditions: Sequence[Condition]) -> float:
    """Return the highest confidence in the test rows of a shorter rule within, or the base rate."""
    parts = (c for length in range(1, len(conditions)) for c in combinations(conditions, length))
    rates = (window.test_outcome[holding(c, window.test)].mean() for c in parts)
    return float(max(window.base_rate, max(rates, default=0.0)))
