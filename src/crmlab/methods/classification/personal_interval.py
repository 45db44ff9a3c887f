"""The personal interval: whoever has been silent for many of the own usual intervals has left."""

from __future__ import annotations

from typing import Annotated

import numpy as np
import pandas as pd

from crmlab.declare.method import method
from crmlab.declare.parameters import Range
from crmlab.errors import NotApplicable
from crmlab.methods.classification._silence import Silence

NEEDS = ("frequency", "recency_days", "days_since_last")


@method(label="Personal interval", cite="after Wübben and von Wangenheim 2008, by the customer's own rhythm")
def personal_interval(prior_intervals: Annotated[float, Range(0)] = 1.0):
    """prior_intervals: how many intervals of the shop's mean length every customer is lent."""
    return PersonalInterval(prior_intervals)


class PersonalInterval(Silence):
    """Ranks by days since the last purchase over the customer's own mean interval between purchase days.

    The mean interval is (recency_days + prior · m) / (frequency + prior), where m is the shop's mean
    interval (all days between purchases over all repeat purchases of the train rows): a customer with
    one purchase has the shop's rhythm, one with many has their own. `k_`, learnt on the train rows, is
    the number of intervals after which a customer is more likely gone than not.
    """

    def __init__(self, prior_intervals: float):
        self.prior_intervals = prior_intervals

    def fit(self, X: pd.DataFrame, y: np.ndarray) -> PersonalInterval:
        """Take the shop's rhythm and the curve from the train rows X (n, p), y (n,).

        Raises NotApplicable without the purchase history, or where nobody ever came back.
        """
        absent = [c for c in NEEDS if c not in X]
        if absent:
            raise NotApplicable(f"the rows have no column '{absent[0]}'")
        between, intervals = X["recency_days"].sum(), X["frequency"].sum()
        if not between > 0:
            raise NotApplicable("no train row has a repeat purchase: there is no interval to measure")
        self.shop_interval_days_ = float(between / intervals)
        self.calibrate(X, y)
        self.k_ = float(np.exp(-self.intercept_ / self.slope_)) if self.slope_ > 0 else None
        self.details_ = {"shop_interval_days": self.shop_interval_days_, "k": self.k_, "note": self._note()}
        return self

    def silence(self, X: pd.DataFrame) -> np.ndarray:
        """Return the logarithm of the silence in personal intervals, (n,); less than a day counts as one."""
        lent = self.prior_intervals
        interval = (X["recency_days"] + lent * self.shop_interval_days_) / (X["frequency"] + lent)
        ratio = X["days_since_last"].clip(lower=1.0) / interval.clip(lower=1.0)
        return np.log(ratio.to_numpy(dtype=float))

    def _note(self) -> str:
        """Say the rule that was learnt."""
        if self.k_ is None:
            return "a longer silence does not go with more churn in the train rows"
        return (
            f"more likely gone than not after {self.k_:.3g} personal intervals; the shop's is "
            f"{self.shop_interval_days_:.0f} days"
        )
