"""What the lifetime value methods share: buying till you die, times gamma-gamma spend, by draws."""

from __future__ import annotations

import dataclasses
from typing import Any, ClassVar

import numpy as np
import pandas as pd
from scipy.special import betaincinv
from scipy.stats import spearmanr
from sklearn.base import BaseEstimator

from crmlab.errors import NotApplicable
from crmlab.maths import btyd
from crmlab.maths.value import HIGH, LOW
from crmlab.seeds import generator

DAYS_PER_WEEK = 7.0
REPEATERS = 10
"""Paying repeaters that the spend is learned from, at least."""
AT_ONCE = 2_000
"""Customers whose draws are held in memory together (16 MB for each array of 1,000 draws)."""


class BuyAndSpend(BaseEstimator):
    """Purchases of a model of `maths.btyd` times spend per purchase (Fader, Hardie and Lee 2005).

    The gamma-gamma model takes how much is spent as independent of how often: `details_` says how far that
    is so. Who has no repeat purchase is taken for the average one, and so is one whose returns exceed the
    spend; whose repeat purchases all cost nothing, and there is no sign of any other, is expected to spend
    nothing. Parameters are taken as known: an interval holds what chance does to a customer, not the error
    of the fit. A subclass names its `model`.
    """

    model: ClassVar[type[btyd.Model]]

    def __init__(self, draws: int, seed: int):
        self.draws = draws
        self.seed = seed

    def fit(self, summary: pd.DataFrame) -> BuyAndSpend:
        """Fit both models to frequency, recency_days, T_days and monetary_value.

        Raises NotApplicable where too few repeaters have spend or the mean spend is infinite, DataError for
        a summary that cannot be, DidNotConverge where a fit does not converge.
        """
        x, t_x, T, spend = _weeks(summary)
        paying = spend > 0
        if paying.sum() < REPEATERS:
            raise NotApplicable(
                f"{int(paying.sum())} customers have a repeat purchase with spend: at least {REPEATERS} are "
                "needed to learn how much is spent"
            )
        self.buying_, bought = btyd.fit(self.model, x, t_x, T)
        self.spending_, spent = btyd.fit_spend(x[paying], spend[paying])
        if self.spending_.q <= 1:
            raise NotApplicable(
                f"the spend per purchase has no mean (gamma-gamma q = {self.spending_.q:.3g}, at most 1)"
            )
        names = [*self.model.estimated, *(f.name for f in dataclasses.fields(self.spending_))]
        errors = dict(zip(names, [*bought.standard_errors, *spent.standard_errors], strict=True))
        self.details_ = self._details(x[paying], spend[paying], errors)
        return self

    def _details(self, x: np.ndarray, spend: np.ndarray, errors: dict[str, float]) -> dict[str, Any]:
        """Return the parameters with their errors, and the rank correlation of frequency and spend.

        errors: by name, told as None where one is not known. The correlation has its 95 % interval.

        The interval is Fisher's with the standard error of Bonett and Wright (2000).
        """
        found: dict[str, Any] = {
            "parameters": dataclasses.asdict(self.buying_) | dataclasses.asdict(self.spending_),
            "standard_errors": {n: float(e) if np.isfinite(e) else None for n, e in errors.items()},
        }
        unknown = [name for name, error in errors.items() if not np.isfinite(error)]
        if unknown:
            found["note"] = f"no standard error of {', '.join(unknown)}: the likelihood is flat or at a bound"
        if np.ptp(x) == 0 or np.ptp(spend) == 0:
            return found
        rank = float(spearmanr(x, spend).statistic)
        half = 1.959964 * np.sqrt((1 + rank**2 / 2) / (len(x) - 3))
        lower, upper = np.tanh(np.arctanh(np.clip(rank, -0.999999, 0.999999)) + np.array([-half, half]))
        found["frequency_and_spend"] = {"spearman": rank, "lower": float(lower), "upper": float(upper)}
        said = (
            f"spend is taken as independent of frequency; their rank correlation is {rank:.2f} "
            f"({lower:.2f} to {upper:.2f})"
        )
        found["note"] = "; ".join(filter(None, [said, found.get("note")]))
        return found

    def predict(self, summary: pd.DataFrame, *, horizon_days: float) -> pd.DataFrame:
        """Return score, lower, upper, p_zero and the parts of the score, one row per customer.

        score = p_alive × purchases_if_alive × spend_per_purchase, in the currency of monetary_value.
        """
        x, t_x, T, spend = _weeks(summary)
        t, past = horizon_days / DAYS_PER_WEEK, (x, t_x, T)
        p_alive = self.buying_.p_alive(*past)
        bought = self.buying_.expected_purchases(*past, t)
        active = np.divide(bought, p_alive, out=np.zeros(len(x)), where=p_alive > 0)
        free = (x > 0) & (summary["monetary_value"].to_numpy(dtype=np.float64) == 0)
        each = np.where(free, 0.0, self.spending_.expected_spend(np.where(spend > 0, x, 0), spend))
        p_zero = np.where(free, 1.0, np.clip(self.buying_.p_zero(*past, t), 0.0, 1.0))
        parts = np.array_split(np.arange(len(x)), -(-len(x) // AT_ONCE) or 1)
        ends = np.concatenate([self._ends(*(v[part] for v in (*past, spend)), t) for part in parts])
        # at a mass at zero the ends are known exactly
        lower = np.where(p_zero >= LOW, 0.0, ends[:, 0])
        upper = np.where(p_zero >= HIGH, 0.0, ends[:, 1])
        found = {"score": p_alive * active * each, "lower": lower, "upper": upper, "p_zero": p_zero}
        named = {"p_alive": p_alive, "purchases_if_alive": active, "spend_per_purchase": each}
        return pd.DataFrame(found | named)

    def _ends(self, x: np.ndarray, t_x: np.ndarray, T: np.ndarray, spend: np.ndarray, t: float) -> np.ndarray:
        """Return the LOW and HIGH quantiles of the predictive draws of spend, (n, 2).

        Given k purchases to come, spend S is gamma with shape p k at a rate ν, and ν is gamma given
        the past: S / (S + gamma + x m) ~ Beta(p k, q + p x). Every customer gets the same uniforms,
        so that an answer does not depend on the other rows.
        """
        counts = self.buying_.draws(x, t_x, T, horizon=t, size=self.draws, seed=self.seed).T
        model, paid = self.spending_, np.where(spend > 0, x, 0)
        uniform = np.broadcast_to(generator(self.seed, "spend").random(self.draws), counts.shape)
        at = np.nonzero(counts)
        known, scale = model.q + model.p * paid, model.gamma + paid * spend
        share = betaincinv(model.p * counts[at], known[at[0]], uniform[at])
        drawn = np.zeros(counts.shape)
        drawn[at] = scale[at[0]] * share / np.maximum(1 - share, np.finfo(np.float64).eps)
        return np.quantile(drawn, [LOW, HIGH], axis=1).T


def _weeks(summary: pd.DataFrame) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return (x, t_x, T, mean spend), each (n,), times in weeks; spend is 0 where none is known.

    Returns may take all of the spend back: such a customer's spend counts as not known. Raises
    DataError for a history that cannot be.
    """
    names = ("frequency", "recency_days", "T_days", "monetary_value")
    x, t_x, T, spend = (summary[c].to_numpy(dtype=np.float64) for c in names)
    btyd.check(x, t_x, T)
    spend = np.where(x > 0, np.maximum(np.nan_to_num(spend), 0.0), 0.0)
    return x, t_x / DAYS_PER_WEEK, T / DAYS_PER_WEEK, spend
