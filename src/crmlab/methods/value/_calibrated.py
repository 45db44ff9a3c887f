"""Learners of spend whose intervals are calibrated on train rows that a copy did not learn from."""

from __future__ import annotations

from typing import Any, Final, Protocol

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, clone

from crmlab.errors import NotApplicable
from crmlab.maths.conformal import Recalibration, Spread, recalibration
from crmlab.maths.value import HIGH, LOW

BLOCKS: Final = 3
"""Parts of the train rows, in row order, each predicted by a copy that learned from the others."""
BUYERS: Final = 20
"""Rows with spend that a learner needs."""
SMALLEST: Final = 0.01
"""Of the currency: a predicted spend of a buyer is not less."""


class Learner(Protocol):
    """What is calibrated: `fit(X, value)`, and `spread(X)`, the predictive distributions."""

    def fit(self, X: pd.DataFrame, value: np.ndarray) -> Learner:
        """Learn from rows X (n, p) and their spend (n,)."""

    def spread(self, X: pd.DataFrame) -> Spread:
        """Return the predictive distributions of rows X (m, p)."""


class Calibrated(BaseEstimator):
    """Calibrates a learner's intervals and P(no spend) by cross-conformal prediction (Vovk 2015).

    The train rows, which are handed origin by origin in order of time, are cut into blocks of as many rows;
    copies of the learner predict each block from the others. How the PITs fall, in groups by predicted
    value, corrects the learner, which then learns from all rows; the expected spend is its own. Blocks in
    order of time rather than the latest rows alone: one season is no measure for the next. And rather than
    random parts: nearly every row would have its neighbours in time in another part. Near the borders of
    blocks some rows still do: a border may cut through an origin, and the origins on its two sides have
    customers in common, and label days where they lie closer than the horizon. So copies know a part of
    what they are judged by, and coverage is not guaranteed. Where rows are too few to tell, nothing is
    corrected.
    """

    def __init__(self, learner: Any):
        self.learner = learner

    def fit(self, X: pd.DataFrame, value: np.ndarray, *, horizon_days: float) -> Calibrated:
        """Fit on rows X (n, p) and their spend (n,). Raises NotApplicable below BUYERS rows with spend."""
        require_buyers(value)
        blocks = np.array_split(np.arange(len(value)), BLOCKS)
        enough = min((np.delete(value, block) > 0).sum() for block in blocks) >= BUYERS
        self.recalibration_ = (
            recalibration(self._unseen(X, value, blocks), value) if enough else Recalibration()
        )
        self.learner_ = clone(self.learner).fit(X, value)
        self.details_ = {
            "calibrated_on_rows": len(value) if enough else 0,
            "groups_by_predicted_value": len(self.recalibration_.reached),
        }
        return self

    def _unseen(self, X: pd.DataFrame, value: np.ndarray, blocks: list[np.ndarray]) -> Spread:
        """Return the predictive distributions of all rows, each by a copy that learned from other blocks."""
        found = []
        for block in blocks:
            others = np.delete(np.arange(len(value)), block)
            copy = clone(self.learner).fit(X.iloc[others], value[others])
            found.append(copy.spread(X.iloc[block]))
        parts = [[getattr(spread, name) for spread in found] for name in ("mean", "p_zero", "quantiles")]
        return Spread(*map(np.concatenate, parts))

    def predict(self, X: pd.DataFrame) -> pd.DataFrame:
        """Return score, lower, upper and p_zero, one row per row of X (m, p)."""
        spread = self.learner_.spread(X)
        p_zero, (lower, upper) = self.recalibration_.applied(spread, (LOW, HIGH))
        return pd.DataFrame({"score": spread.mean, "lower": lower, "upper": upper, "p_zero": p_zero})


def require_buyers(value: np.ndarray) -> None:
    """Raise NotApplicable where too few rows have spend to learn an amount from."""
    buyers = int((value > 0).sum())
    if buyers < BUYERS:
        raise NotApplicable(f"{buyers} of {len(value)} train rows have spend: at least {BUYERS} are needed")
