"""Segments of future value: tiers of what each customer is expected to spend in the next days."""

from __future__ import annotations

from typing import Annotated

import numpy as np
import pandas as pd
from scipy.special import betaincinv, gammaincinv
from scipy.stats import qmc
from sklearn.base import BaseEstimator, ClusterMixin

from crmlab.declare.method import method
from crmlab.declare.parameters import Range
from crmlab.errors import CrmlabError, NotApplicable
from crmlab.maths import btyd
from crmlab.seeds import generator

DAYS_PER_WEEK = 7.0
KNOWN = ("frequency", "T_days", "monetary_value", "days_since_last", "recency_days")
"""The purchase history; one of the last two is enough."""

AT_ONCE = 2_000
"""Customers whose draws are held in memory together (8 MB for each array of 512 draws)."""


@method(label="Lifetime value tiers", cite="Fader, Hardie and Lee 2005")
def lifetime_value(
    k: Annotated[int, Range(1)] = 5,
    horizon_days: Annotated[int, Range(1)] = 90,
    draws: Annotated[int, Range(64)] = 512,
    seed: int = 0,
):
    """k: tiers of equal size. horizon_days: of the value. draws: a power of 2, of each posterior."""
    return LifetimeValue(k, horizon_days, draws, seed)


class LifetimeValue(ClusterMixin, BaseEstimator):
    """Cuts the expected spend of the next `horizon_days` at its k-quantiles; tier 0 is the highest.

    The expectation is BG/NBD's purchases times the gamma-gamma model's spend per purchase (Fader
    and Hardie 2013), both fitted on the train rows. A tier is a cut, not a cluster: k is given, and
    a shop without structure has tiers too. What is uncertain is the customer's place, and
    `closeness` says how much. BG/NBD rather than Pareto/NBD, as it fits in a tenth of a second and
    its posterior is exact; time grows like the distinct purchase histories.

    Customers whose first purchase lies before the data begin count as new at their first one seen.
    """

    def __init__(self, k: int, horizon_days: int, draws: int, seed: int):
        self.k = k
        self.horizon_days = horizon_days
        self.draws = draws
        self.seed = seed

    def fit(self, X: pd.DataFrame, y: object = None) -> LifetimeValue:
        """Fit both models and take the cuts from the train rows X (n, p).

        X holds frequency, T_days, monetary_value, and recency_days or days_since_last. Raises
        NotApplicable where they are absent or the models cannot be estimated from them.
        """
        unknown = [c for c in X if c in KNOWN and X[c].isna().all()]
        if unknown:
            raise NotApplicable(f"no purchase history: nothing is known of {', '.join(unknown)}")
        x, t_x, T, spend = summary(X)
        paying = (x > 0) & (spend > 0)
        if not paying.any():
            raise NotApplicable(
                f"nobody of {len(X)} customers has a repeat purchase that cost something: no spend can be "
                "learned"
            )
        try:
            self.buying_, _ = btyd.fit(btyd.BGNBD, x, t_x, T)
            self.spending_, _ = btyd.fit_spend(x[paying], spend[paying])
        except CrmlabError as error:
            raise NotApplicable(f"no value can be estimated from {len(X)} customers: {error}") from error
        if self.spending_.q <= 1:
            raise NotApplicable(
                f"the spend per purchase has no mean (gamma-gamma q = {self.spending_.q:.3g}, at most 1)"
            )
        self.k_ = self.k
        self.edges_ = np.quantile(self.expected(X), np.arange(1, self.k) / self.k)
        self.details_ = {
            "parameters": {**vars(self.buying_), **vars(self.spending_)},
            "edges": self.edges_.tolist(),
            "note": f"{self.k} equal tiers of the spend expected in {self.horizon_days} days: no clusters",
        }
        return self

    def expected(self, X: pd.DataFrame) -> np.ndarray:
        """Return the expected spend of the horizon, shape (m,), in the data set's currency."""
        x, t_x, T, spend = summary(X)
        purchases = self.buying_.expected_purchases(x, t_x, T, self.horizon_days / DAYS_PER_WEEK)
        return purchases * self.spending_.expected_spend(
            np.where(np.isnan(spend), 0, x), np.nan_to_num(spend)
        )

    def predict(self, X: pd.DataFrame) -> np.ndarray:
        """Return tiers 0 (highest) to k - 1, shape (m,)."""
        return self.k - 1 - np.searchsorted(self.edges_, self.expected(X), side="left")

    def closeness(self, X: pd.DataFrame) -> pd.DataFrame:
        """Return `probability` and `margin` of the own tier, one row per row of X (m, p).

        probability: that the customer's own rate of spending, given the past, lies in the tier.
        margin: that, less the probability of the next likely tier; 0 where another tier is likelier
        (a mean above the median).
        """
        own = self.predict(X)
        parts = np.array_split(np.arange(len(X)), -(-len(X) // AT_ONCE) or 1)
        shares = np.concatenate([self._shares(X.iloc[part]) for part in parts])
        rows = np.arange(len(X))
        probability = shares[rows, own]
        shares[rows, own] = 0.0
        margin = np.maximum(probability - shares.max(axis=1), 0.0)
        return pd.DataFrame({"probability": probability, "margin": margin})

    def _shares(self, X: pd.DataFrame) -> np.ndarray:
        """Return the probability of each tier, (m, k), tier 0 first."""
        x, t_x, T, _ = summary(X)
        alive = self.buying_.p_alive(x, t_x, T)
        values = self.values(X)
        below = [1 - alive * (values > edge).mean(axis=1) for edge in self.edges_]
        edges = np.column_stack([np.zeros(len(X)), *below, np.ones(len(X))])
        return np.diff(edges, axis=1)[:, ::-1]

    def values(self, X: pd.DataFrame) -> np.ndarray:
        """Return draws of each customer's expected spend in the horizon if active, shape (m, draws).

        Given that a customer is active, rate λ ~ Gamma(r + x, alpha + T), dropout p ~ Beta(a, b + x)
        and spend ν ~ Gamma(p x + q, gamma + x m) are independent, and E[X(t) | λ, p] is
        (1 − exp(−λ p t)) / p. Every customer gets the same points of a Sobol sequence, so an answer
        does not depend on the other rows.
        """
        x, _, T, spend = summary(X)
        buying, spending = self.buying_, self.spending_
        u = qmc.Sobol(3, rng=generator(self.seed, "lifetime value")).random(self.draws)
        counts, place = np.unique(x, return_inverse=True)
        rate = gammaincinv(buying.r + counts[:, None], u[:, 0])[place] / (buying.alpha + T)[:, None]
        dropout = betaincinv(buying.a, buying.b + counts[:, None], u[:, 1])[place]
        exposure = rate * (self.horizon_days / DAYS_PER_WEEK)
        # (1 − exp(−λ p t)) / p, and λ t where p underflows to 0
        tiny = np.finfo(np.float64).tiny
        purchases = -np.expm1(-exposure * dropout) / np.maximum(dropout, tiny)
        purchases = np.where(dropout > tiny, purchases, exposure)
        paid, place = np.unique(np.where(np.isnan(spend), 0, x), return_inverse=True)
        scale = spending.gamma + np.where(np.isnan(spend), 0, x * np.nan_to_num(spend))
        nu = gammaincinv(spending.p * paid[:, None] + spending.q, u[:, 2])[place] / scale[:, None]
        return purchases * spending.p / nu


def summary(rows: pd.DataFrame) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return (x, t_x, T, mean spend), each (n,): purchases, weeks, money (nan where unknown).

    recency_days is T_days − days_since_last, by their definitions; distances between customers are
    better off without it. Raises NotApplicable where a column is absent, DataError for a history
    that cannot be.
    """
    recency = "recency_days" if "recency_days" in rows else "days_since_last"
    absent = [c for c in (*KNOWN[:3], recency) if c not in rows]
    if absent:
        raise NotApplicable(
            f"no column {', '.join(absent)}: no purchase history; the rows have " + ", ".join(rows.columns)
        )
    x, T, spend, days = (rows[c].to_numpy(dtype=np.float64) for c in (*KNOWN[:3], recency))
    t_x = days if recency == "recency_days" else T - days
    btyd.check(x, t_x, T)
    return x, t_x / DAYS_PER_WEEK, T / DAYS_PER_WEEK, np.where(x > 0, spend, np.nan)
