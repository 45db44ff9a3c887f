"""Value tiers (ABC analysis): who brings the first 80 % of spend, the next 15 %, the last 5 %."""

from __future__ import annotations

from typing import Annotated

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, ClusterMixin

from crmlab.declare.method import method
from crmlab.declare.parameters import Range
from crmlab.errors import NotApplicable

REPEAT = ("frequency", "monetary_value")
"""Their product is what was spent on repeat purchases, where `total_spend` is not known."""


@method(label="Value tiers (ABC)", cite="Dickie 1951", control="status_quo")
def value_tiers(
    a_share: Annotated[float, Range(above=0, below=1)] = 0.8,
    b_share: Annotated[float, Range(above=0, below=1)] = 0.15,
):
    """a_share, b_share: the parts of all spend that tiers A and B bring; tier C brings the rest."""
    return ValueTiers(a_share, b_share)


class ValueTiers(ClusterMixin, BaseEstimator):
    """Ranks customers by spend and cuts the cumulative sum: tier 0 is A, 1 is B, 2 is C.

    The customer in whom the sum crosses a line still belongs to the upper tier. In use the cuts are
    amounts of money, so equal customers share a tier, and a tier may be empty where few customers
    bring much. Tiers are cuts of one scale, not clusters: nothing is chosen, and a shop without any
    structure has them too. A missing or negative spend counts as 0. Cost grows like n log n.
    """

    def __init__(self, a_share: float, b_share: float):
        self.a_share = a_share
        self.b_share = b_share

    def fit(self, X: pd.DataFrame, y: object = None) -> ValueTiers:
        """Take the smallest spend of tiers A and B from the train rows X (n, p).

        Raises NotApplicable where the rows hold no spend.
        """
        spend = np.sort(spend_of(X))[::-1]
        total = spend.sum()
        if not total > 0:
            raise NotApplicable(f"none of {len(X)} customers has spent anything: there is no value to rank")
        before = (np.cumsum(spend) - spend) / total
        self.edges_ = np.array(
            [spend[before < share].min() for share in (self.a_share, self.a_share + self.b_share)]
        )
        return self

    def predict(self, X: pd.DataFrame) -> np.ndarray:
        """Return tiers 0 (A) to 2 (C), shape (m,)."""
        return (spend_of(X)[:, None] < self.edges_).sum(axis=1)


def spend_of(rows: pd.DataFrame) -> np.ndarray:
    """Return each customer's spend, (n,): `total_spend`, or frequency × monetary_value without it.

    Raises NotApplicable where neither is there.
    """
    if "total_spend" in rows:
        spend = rows["total_spend"]
    elif set(REPEAT) <= set(rows.columns):
        spend = rows["frequency"] * rows["monetary_value"]
    else:
        raise NotApplicable(
            "no column total_spend (nor frequency and monetary_value); the rows have "
            + ", ".join(rows.columns)
        )
    return spend.fillna(0.0).clip(lower=0.0).to_numpy(dtype=np.float64)
