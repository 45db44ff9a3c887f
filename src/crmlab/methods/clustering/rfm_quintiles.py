"""RFM quintiles: the segmentation that shops have used since mail order."""

from __future__ import annotations

from typing import Annotated, Final

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, ClusterMixin

from crmlab.declare.method import method
from crmlab.declare.parameters import Range
from crmlab.errors import NotApplicable

BETTER: Final = {"days_since_last": -1, "frequency": 1, "monetary_value": 1}
"""The R, F and M of the score; -1 where a small value is better."""


@method(label="RFM quintiles", cite="Hughes 1994", control="status_quo")
def rfm_quintiles(k: Annotated[int, Range(1)] = 5):
    """k: tiers of the RFM score."""
    return RFMQuintiles(k)


class RFMQuintiles(ClusterMixin, BaseEstimator):
    """Scores R, F and M from 1 to 5 by quintile, adds them, and cuts the sum into k tiers.

    A value's score is 1 + the number of inner quintile edges of the train rows that it exceeds, so
    equal values have equal scores, and a quintile may be empty where ties are heavy (many customers
    with no repeat purchase). A missing value scores 1. The sum, 3 to 15, is cut by the same rule at
    its k-quantiles. Tier 0 is the best.
    """

    def __init__(self, k: int):
        self.k = k

    def fit(self, X: pd.DataFrame, y: object = None) -> RFMQuintiles:
        """Take the edges from the train rows. Raises NotApplicable where R, F or M is absent."""
        absent = [c for c in BETTER if c not in X]
        if absent:
            raise NotApplicable(f"no column {', '.join(absent)}; the rows have " + ", ".join(X.columns))
        fifths = np.arange(1, 5) / 5
        self.edges_ = {c: (X[c].dropna() * sign).quantile(fifths).to_numpy() for c, sign in BETTER.items()}
        self.tier_edges_ = np.quantile(self.score(X), np.arange(1, self.k) / self.k)
        return self

    def score(self, X: pd.DataFrame) -> np.ndarray:
        """Return the RFM score, 3 to 15, shape (m,)."""
        # a NaN exceeds nothing: written as -inf it scores 1
        return sum(
            1 + np.searchsorted(self.edges_[c], (X[c] * sign).fillna(-np.inf).to_numpy(), side="left")
            for c, sign in BETTER.items()
        )

    def predict(self, X: pd.DataFrame) -> np.ndarray:
        """Return tiers 0 (best) to k - 1, shape (m,)."""
        return self.k - 1 - np.searchsorted(self.tier_edges_, self.score(X), side="left")
