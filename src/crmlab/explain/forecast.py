"""Forecast: the next twelve months of customers, by Pareto/NBD × gamma-gamma, one by one and as a group.

A comparison's method answers for its horizon and not beyond; models of lifetimes reach as far as one asks.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from crmlab import registry
from crmlab.errors import CrmlabError, NotApplicable
from crmlab.kinds.lifetime import SUMMARY
from crmlab.maths.outlook import (
    YEAR_DAYS,
    Offer,
    Outlook,
    Past,
    outlook,
    uncertain_buying,
    uncertain_spending,
)

if TYPE_CHECKING:
    from crmlab.maths.btyd import GammaGamma, ParetoNBD

MODEL: Final = "lifetime_value/pareto_nbd"
TIERS: Final = "clustering/value_tiers"
DRAWS: Final = 300
"""Of each customer's year: the ends of an 80 % interval need no more."""

VALUE: Final = ("value_12_months", "value_lower", "value_upper")
"""A year's margin as it is expected, whether the customer stays or not, with its 80 % interval."""

DAYS_PER_WEEK: Final = 7.0


@dataclass(frozen=True)
class Forecast:
    """What is expected of customers, in the order of their rows.

    label: of the models. values: VALUE, (n,) each, in currency. staying: (n,), the margin of a year of who
    stays a customer. next_days: (n,), within so many days half of such customers order again, as long as they
    stay. All are nan where the first purchase is not known. past, known: what the models were fitted on.
    """

    label: str
    values: pd.DataFrame
    staying: np.ndarray
    next_days: np.ndarray
    past: Past
    known: np.ndarray
    buying: ParetoNBD
    spending: GammaGamma
    seed: int

    @property
    def p_alive(self) -> np.ndarray:
        """The probability of each to be a customer still, (n,)."""
        alive = self.buying.p_alive(self.past.x, self.past.t_x, self.past.T)
        return np.where(self.known, alive, np.nan)

    def next_order(self, cutoff: str | None) -> pd.Series:
        """Return the day by which half of such customers order again, as long as they stay, (n,).

        cutoff: the midnight after the last day known. "" beyond a year, and where nothing is known.
        """
        near = self.next_days <= YEAR_DAYS
        days = pd.to_timedelta(np.where(near, np.ceil(self.next_days), 0.0), unit="D")
        day = pd.Timestamp(cutoff or 0) - pd.Timedelta(days=1) + days
        told = day.strftime("%Y-%m-%d").to_numpy(dtype=object)
        return pd.Series(np.where(near & (cutoff is not None), told, ""), self.values.index, dtype="str")

    def tiers(self) -> pd.Series:
        """Return who brings the first 80 % of the year to come (A), the next 15 % (B), the rest (C), (n,).

        "" where nothing is known. Dickie 1951, of what is expected and not of what was spent.
        """
        year = pd.DataFrame({"total_spend": self.values[VALUE[0]].fillna(0.0)})
        tiers = registry.find("methods", TIERS)(a_share=0.8, b_share=0.15).fit(year).predict(year)
        named = np.where(self.known, np.array(list("ABC"))[tiers], "")
        return pd.Series(named, self.values.index, dtype="str")

    def of_group(self, chosen: np.ndarray, offer: Offer, *, days: int) -> Outlook | None:
        """Return what a group does together, and what an offer earns; None where there is nobody known.

        chosen: (n,), whether each is in it. days: the horizon.
        """
        group = self.past.part(chosen & self.known)
        if not len(group.x):
            return None
        everybody = self.past.part(self.known)
        buying = uncertain_buying(self.buying, everybody, seed=self.seed)
        spending = uncertain_spending(self.spending, everybody, seed=self.seed)
        return outlook(group, buying, spending, offer, days=days, seed=self.seed)


def forecast_of(rows: pd.DataFrame, *, margin_share: float, seed: int) -> Forecast:
    """Return the forecast for customers with the summary of their purchases.

    Raises NotApplicable without spend, with too few who came back, and where a fit does not converge.
    """
    lacking = [c for c in SUMMARY if c not in rows]
    if lacking:
        raise NotApplicable(f"no forecast of a year: the rows have no {', '.join(lacking)}")
    known = np.ones(len(rows), dtype=bool)
    if "left_censored" in rows:
        known = ~rows["left_censored"].to_numpy(dtype=bool)
    seen, declared = rows[known], registry.find("methods", MODEL)
    try:
        model = declared(draws=DRAWS, seed=seed).fit(seen)
        found = model.predict(seen, horizon_days=YEAR_DAYS)
    except CrmlabError as reason:
        raise NotApplicable(f"no forecast of a year: {reason}") from None
    past = _past(rows)
    values = margin_share * found[["score", "lower", "upper"]].set_axis(list(VALUE), axis=1)
    shape, wait = model.buying_.r + past.x, model.buying_.alpha + past.T
    each = _spread(found["spend_per_purchase"], known)
    half = wait * np.expm1(np.log(2) / shape) * DAYS_PER_WEEK
    return Forecast(
        label=declared.label,
        values=pd.DataFrame({c: _spread(values[c], known) for c in VALUE}, index=rows.index),
        staying=margin_share * each * shape / wait * YEAR_DAYS / DAYS_PER_WEEK,
        next_days=np.where(known, half, np.nan),
        past=past,
        known=known,
        buying=model.buying_,
        spending=model.spending_,
        seed=seed,
    )


def _past(rows: pd.DataFrame) -> Past:
    """Return what the models know of customers."""
    x, t_x, T, spend = (rows[c].to_numpy(dtype=float) for c in SUMMARY)
    spend = np.where(x > 0, np.maximum(np.nan_to_num(spend), 0.0), 0.0)
    return Past(x, t_x / DAYS_PER_WEEK, T / DAYS_PER_WEEK, spend, DAYS_PER_WEEK)


def _spread(values: Any, known: np.ndarray) -> np.ndarray:
    """Return values of the known (m,) among all, nan for the others, (n,)."""
    found = np.full(len(known), np.nan)
    found[known] = np.asarray(values, dtype=float)
    return found
