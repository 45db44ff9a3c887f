"""One kind of buyer: what a segmentation would show in this shop if all its customers were alike.

Buying alone makes shapes: rates that vary smoothly, early dropout and different ages give clouds
with spikes and tails, and a test of structure sees them. So the shop is compared with worlds drawn
from one population: a buy-till-you-die and a gamma-gamma model fitted to its own customers.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from crmlab import registry
from crmlab.errors import CrmlabError, NotApplicable, UsageError
from crmlab.maths.btyd import BGNBD, GammaGamma, ParetoNBD, fit, fit_spend
from crmlab.seeds import generator, seed_of

COLUMNS = ("days_since_last", "frequency", "monetary_value", "total_spend", "T_days", "gap_mean_days")
"""What follows from purchase days and spend; only these are clustered, in the shop and in the worlds."""

DAYS_PER_WEEK = 7.0
MOST = 2_000
"""At most so many customers, a seeded sample: the fit and every world cost in proportion."""

WORLDS = 19
"""So many that beyond all of them has probability 1 in 20 under the null (Barnard 1963)."""

LEVEL = 0.05


@dataclass(frozen=True)
class Buyers:
    """One population: how often its customers buy and drop out, and what they spend."""

    buying: ParetoNBD | BGNBD
    spending: GammaGamma

    def drawn(self, T_days: np.ndarray, rng: np.random.Generator) -> pd.DataFrame:
        """Return the COLUMNS of one new customer per entry of T_days (n,): time observed, in days.

        Times are rounded to days and so many purchases take at least so many days, as in the shop.
        Spend is in the currency of the fit; monetary_value and gap_mean_days are nan without a
        repeat purchase.
        """
        T_days = np.asarray(T_days, dtype=np.float64)
        purchases, last = self._history(T_days, rng)
        frequency = np.minimum(purchases, T_days)
        recency = np.where(frequency > 0, np.clip(np.round(last), frequency, T_days), 0.0)
        p, n = self.spending.p, len(T_days)
        rate = rng.gamma(self.spending.q, size=n) / self.spending.gamma
        repeat = rng.gamma(np.maximum(p * frequency, p)) / rate
        repeats = frequency > 0
        return pd.DataFrame(
            {
                "days_since_last": T_days - recency,
                "frequency": frequency,
                "monetary_value": np.where(repeats, repeat / np.maximum(frequency, 1), np.nan),
                "total_spend": rng.gamma(p, size=n) / rate + np.where(repeats, repeat, 0.0),
                "T_days": T_days,
                "gap_mean_days": np.where(repeats, recency / np.maximum(frequency, 1), np.nan),
            }
        )

    def _history(self, T_days: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """Return repeat purchases and the day of the last, both (n,): the stories of the two papers."""
        n, weeks = len(T_days), T_days / DAYS_PER_WEEK
        rate = rng.gamma(self.buying.r, size=n) / self.buying.alpha
        if isinstance(self.buying, ParetoNBD):
            hazard = rng.gamma(self.buying.s, size=n) / self.buying.beta
            # the time until leaving, where it comes before the end (a hazard of 0 never does)
            alive = np.minimum(rng.exponential(size=n) / np.maximum(hazard, 1e-12), weeks)
            count = rng.poisson(rate * alive)
            # the last of so many uniform times
            return count, DAYS_PER_WEEK * alive * rng.beta(np.maximum(count, 1), 1)
        count = rng.poisson(rate * weeks)
        leaving = rng.geometric(np.clip(rng.beta(self.buying.a, self.buying.b, n), 1e-12, 1.0))
        kept = np.minimum(count, leaving)
        # the last one kept is the kept-th smallest of `count` uniform times
        later = np.maximum(count - kept, 0) + 1
        return kept, DAYS_PER_WEEK * weeks * rng.beta(np.maximum(kept, 1), later)


@dataclass(frozen=True)
class Null:
    """The shop beside worlds of one population.

    table: measure, shop, mean, lower (5 %), upper (95 %) over the worlds, worlds (with a value).
    buyers: the fitted population. customers: how many were used. p: the share of worlds, the shop
    counted with them, whose silhouette is at least the shop's; nan where the shop has one segment.
    """

    table: pd.DataFrame
    buyers: Buyers
    customers: int
    p: float
    sentences: tuple[str, ...]

    def head(self) -> pd.DataFrame:
        """Return the table for readers."""
        return self.table.set_index("measure").round(3)


def beside_one_kind(
    rows: pd.DataFrame,
    *,
    method: str = "clustering/kmeans",
    left_censored: np.ndarray | None = None,
    worlds: int = WORLDS,
    most: int = MOST,
    seed: int,
) -> Null:
    """Compare what a clustering finds in the shop with what it finds in worlds of one population.

    rows: the COLUMNS of a window's customers (n, ...). method: one that chooses its number of
    segments. left_censored: (n,) True for customers who may have bought before the data begin; they
    are left out, as their age is not known. worlds: fewer than 19 cannot show anything to be beyond. Of
    more than `most` customers a seeded sample is used.

    Raises NotApplicable where a column is absent or no model can be fitted, UsageError for a method
    that does not choose its number of segments.
    """
    absent = [c for c in COLUMNS if c not in rows]
    if absent:
        raise NotApplicable(f"no column {', '.join(absent)}: a purchase history is what is compared")
    known = rows[list(COLUMNS)] if left_censored is None else rows.loc[~left_censored, list(COLUMNS)]
    if len(known) > most:
        picked = generator(seed, "one population").choice(len(known), most, replace=False)
        known = known.iloc[np.sort(picked)]
    known = known.reset_index(drop=True)
    buyers = fitted(known)
    shop = _shown(method, known, k=None, seed=seed)
    k = int(shop["segments chosen"])
    drawn = [
        _shown(
            method,
            buyers.drawn(known["T_days"].to_numpy(), generator(seed, "world", w)),
            k=k,
            seed=seed_of(seed, "world", w),
        )
        for w in range(worlds)
    ]
    table, p = beside(shop, pd.DataFrame(drawn))
    sentence = sentence_of(registry.find("methods", method).label, table, p, k)
    return Null(table, buyers, len(known), p, (sentence,))


def find(comparison: Any, **how: Any) -> Null:
    """Return the null beside a comparison's last window.

    how: as of `beside_one_kind`. Raises NotApplicable where no purchase history can be compared.
    """
    rows = comparison.problem.last_fold().test_rows
    censored = rows["left_censored"].to_numpy(dtype=bool) if "left_censored" in rows else None
    return beside_one_kind(rows, left_censored=censored, seed=comparison.seed, **how)


def fitted(rows: pd.DataFrame) -> Buyers:
    """Fit one population to customers: Pareto/NBD, or BG/NBD where it does not converge, and gamma-gamma.

    Raises NotApplicable with the reason where neither converges or nobody's repeat purchases are paid.
    """
    x, T = rows["frequency"].to_numpy(float), rows["T_days"].to_numpy(float)
    t_x = T - rows["days_since_last"].to_numpy(float)
    spend = rows["monetary_value"].to_numpy(float)
    paid = (x > 0) & (spend > 0)
    if not paid.any():
        raise NotApplicable(f"none of {len(rows)} customers has a paid repeat purchase: nothing to fit")
    failures = []
    for model in (ParetoNBD, BGNBD):
        try:
            buying, _ = fit(model, x, t_x / DAYS_PER_WEEK, T / DAYS_PER_WEEK)
            return Buyers(buying, fit_spend(x[paid], spend[paid])[0])
        except CrmlabError as error:
            failures.append(str(error))
    raise NotApplicable("no model of one population fits: " + "; ".join(failures))


def beside(shop: dict[str, float], worlds: pd.DataFrame) -> tuple[pd.DataFrame, float]:
    """Return the table of measures, and the Monte Carlo p value of the shop's silhouette.

    p is the rank of the shop among itself and the worlds that have a silhouette (Davison and
    Hinkley 1997, equation 4.11).
    """
    table = pd.DataFrame(
        {
            "measure": list(shop),
            "shop": list(shop.values()),
            "mean": [worlds[m].mean() for m in shop],
            "lower": [worlds[m].quantile(LEVEL) for m in shop],
            "upper": [worlds[m].quantile(1 - LEVEL) for m in shop],
            "worlds": [int(worlds[m].notna().sum()) for m in shop],
        }
    )
    drawn = worlds["silhouette"].dropna()
    if np.isnan(shop["silhouette"]):
        return table, float("nan")
    return table, float((1 + (drawn >= shop["silhouette"]).sum()) / (1 + len(drawn)))


def sentence_of(label: str, table: pd.DataFrame, p: float, k: int) -> str:
    """Return what the table says in one sentence."""
    if np.isnan(p):
        return f"{label} finds no structure in this shop: there is nothing for one population to explain."
    row = table.set_index("measure").loc["silhouette"]
    where = "beyond" if p <= LEVEL else "not beyond"
    return (
        f"The structure that {label} finds is {where} what one population of buyers would show: its "
        f"silhouette with {k} segments is {row['shop']:.2f}, that of {int(row['worlds'])} worlds of one "
        f"population {row['lower']:.2f} to {row['upper']:.2f} (p = {p:.2f})."
    )


def _shown(method: str, rows: pd.DataFrame, *, k: int | None, seed: int) -> dict[str, float]:
    """Return what a clustering shows on rows (n, 6); the silhouette with k segments (None: its own)."""
    make = registry.find("methods", method)
    model: Any = make(seed=seed).fit(rows)
    choice = getattr(model, "details_", {}).get("choice")
    if choice is None:
        raise UsageError(f"{method} does not choose its number of segments: name one that does")
    stability = {at["k"]: at["stability"] for at in choice["curve"]}
    compared = model if k in (None, model.k_) else make(k=k, seed=seed).fit(rows)
    return {
        "gate p": choice["gate"]["p"],
        "segments chosen": float(model.k_),
        "stability": stability.get(model.k_, float("nan")),
        "silhouette": _silhouette(rows, compared.predict(rows)),
    }


def _silhouette(rows: pd.DataFrame, labels: np.ndarray) -> float:
    """Return the mean silhouette (Rousseeuw 1987) on the common scale, nan with one segment."""
    from sklearn.metrics import silhouette_score

    from crmlab.maths.encoding import segment_input

    if not 1 < len(np.unique(labels)) < len(rows):
        return float("nan")
    return float(silhouette_score(segment_input().fit_transform(rows), labels))
