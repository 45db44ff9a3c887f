"""Value coverage: how often the 80 % intervals of future spend hold it, overall and at the top.

Worlds are shops of the Pareto/NBD and the gamma-gamma model, with the published estimates for CDNOW
(Schmittlein, Morrison and Colombo 1987; Fader and Hardie 2013). Methods are fitted as a comparison
does it: on an earlier origin's labels, or without labels at the test origin. Coverage is counted by
the randomised PIT in expectation, since an honest interval of a spend that is mostly zero holds it more
often than it promises; so raw coverage stands beside it, with the width.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from crmlab import registry
from crmlab.kinds import Context
from crmlab.seeds import generator, seed_of
from crmlab.studies import AT_LEAST, Claim
from crmlab.vocabulary import NUMERIC

WORLDS = 100
METHODS = (
    "lifetime_value/bg_nbd",
    "lifetime_value/mbg_cnbd",
    "lifetime_value/pareto_nbd",
    "value/age_mean",
    "value/mean_value",
    "value/quantile_boosting",
    "value/rate_times_horizon",
    "value/trailing_value",
    "value/two_part",
    "value/zero_inflated_lognormal",
)
"""All of them."""

BANDS = {
    "covers": ("coverage", 0.76, 0.84, "the 80 % intervals hold 76 to 84 % of spend"),
    "covers_top": ("top_coverage", 0.74, 1.0, "they hold at least 74 % in the top decile by prediction"),
    "covers_raw": ("raw_coverage", 0.76, 1.0, "at least 76 % of spend lies between their ends"),
}
NAMES = {method: method.split("/")[1] for method in METHODS}
CLAIMS = {
    f"{NAMES[method]}_{name}": Claim(f"{method}: {text}", AT_LEAST, 0.9)
    for method in METHODS
    for name, (_, _, _, text) in BANDS.items()
}
CUSTOMERS = 4000
HORIZON_DAYS, ARRIVAL_DAYS, CUTOFFS = 91, 84, (273, 364)
"""Customers come in the first 12 weeks; the first cutoff trains and the second one tests."""


def run_world(seed: int) -> dict[str, Any]:
    """Return whether each method's intervals keep the bands, with the coverages and the widths."""
    buyer, day, amount, first = _purchases(generator(seed, "shop"))
    train, test = (_at(cutoff, buyer, day, amount, first) for cutoff in CUTOFFS)
    found: dict[str, Any] = {}
    for method in METHODS:
        answers = _answers(method, train, test, seed=seed)
        solution, weights = pd.DataFrame({"value": test[1]}), np.ones((1, len(test[1])))
        name = NAMES[method]
        for word, (metric, low, high, _) in BANDS.items():
            value = float(registry.metric(metric)(solution, answers, None, weights)[0])
            found |= {f"{name}_{word}": bool(low <= value <= high), f"{name}_{metric}": value}
        width = registry.metric("interval_width")(solution, answers, None, weights)
        found[f"{name}_width"] = float(width[0])
    return found


def _answers(method: str, train: tuple, test: tuple, *, seed: int) -> pd.DataFrame:
    """Return a method's answers about the test rows, fitted as its kind says."""
    kind = registry.module("kinds", method.split("/")[0])
    declared = registry.find("methods", method)
    roles = dict.fromkeys(test[0], NUMERIC)
    context = Context(horizon_days=HORIZON_DAYS, seed=seed_of(seed, method), roles=roles)
    columns = kind.columns(roles)
    learned = (
        (train[0][columns], pd.DataFrame({"value": train[1]})) if kind.TARGET else (test[0][columns], None)
    )
    model = kind.fit(lambda seed: declared(seed=seed), *learned, context)
    return kind.answer(model, test[0][columns], context)


def _purchases(rng: np.random.Generator) -> tuple[np.ndarray, ...]:
    """Return buyer, day and amount of every repeat purchase, and each customer's first day."""
    first = rng.uniform(0, ARRIVAL_DAYS, CUSTOMERS)
    rate = rng.gamma(0.553, 1 / (7 * 10.578), CUSTOMERS)
    life = rng.exponential(1 / np.maximum(rng.gamma(0.606, 1 / (7 * 11.669), CUSTOMERS), 1e-12))
    active = np.minimum(life, CUTOFFS[-1] + HORIZON_DAYS - first)
    buyer = np.repeat(np.arange(CUSTOMERS), rng.poisson(rate * active))
    day = first[buyer] + rng.random(len(buyer)) * active[buyer]
    amount = rng.gamma(6.25, 1, len(buyer)) / rng.gamma(3.74, 1 / 15.44, CUSTOMERS)[buyer]
    return buyer, day, amount, first


def _at(
    cutoff: float, buyer: np.ndarray, day: np.ndarray, amount: np.ndarray, first: np.ndarray
) -> tuple[pd.DataFrame, np.ndarray]:
    """Return the columns known at a cutoff, one row per customer, and the spend of the horizon after it."""
    known, ahead = day < cutoff, (day >= cutoff) & (day < cutoff + HORIZON_DAYS)
    late = known & (day >= cutoff - 90)

    def summed(mask: np.ndarray, what: np.ndarray) -> np.ndarray:
        return np.bincount(buyer[mask], weights=what[mask], minlength=CUSTOMERS)

    last = first.copy()
    np.maximum.at(last, buyer[known], day[known])
    frequency, spend = summed(known, np.ones(len(day))), summed(known, amount)
    columns = {
        "frequency": frequency,
        "recency_days": last - first,
        "T_days": cutoff - first,
        "monetary_value": np.divide(spend, frequency, out=np.full(CUSTOMERS, np.nan), where=frequency > 0),
        "days_since_last": cutoff - last,
        "spend_90": summed(late, amount),
    }
    return pd.DataFrame(columns), summed(ahead, amount)
