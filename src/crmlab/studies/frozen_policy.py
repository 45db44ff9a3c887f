"""Frozen policy: how often the interval of a contact policy's profit holds what it truly earns.

Worlds are simulated shops. Logistic regression is trained on prospects of earlier origins; how deep
to contact is chosen on the last of them, which an earlier fit scored; then both are fixed. The next
origin's prospects judge the policy by what they did. The truth is the policy's expected profit
per prospect in the population: over many more prospects of such a shop, by their true
probabilities to buy.
"""

from __future__ import annotations

import datetime as dt
from functools import cache
from typing import Any

import ibis
import numpy as np
import pandas as pd
import pyarrow as pa

from crmlab import registry, store
from crmlab.history.gather import as_known, gather
from crmlab.history.windows import Window, midnight
from crmlab.maths import profit, resampling
from crmlab.seeds import generator, seed_of
from crmlab.simulate.knobs import Shop
from crmlab.simulate.oracle import true_conversion_probability
from crmlab.simulate.shop import Simulated, simulate
from crmlab.studies import EQUAL, Claim
from crmlab.tasks import acquisition

WORLDS = 200
LEVEL = 0.9
CLAIMS = {
    "profit_covers": Claim(
        "the 90 % interval of a frozen policy's profit holds its true profit", EQUAL, LEVEL
    ),
    "sum_covers": Claim(
        "the 90 % interval of the true probabilities' sum less the outcomes holds 0", EQUAL, LEVEL
    ),
}
START, HORIZON_DAYS = dt.date(2023, 1, 1), 30
ORIGINS = tuple(midnight(START + dt.timedelta(days=30 * k)) for k in range(1, 5))
"""The last one tests. A prospect belongs to one origin only: they lie as far apart as one may wait."""
VISITORS, POPULATION = 10_000, 100_000
PRICES = {"contact_cost": 1.0, "margin_mean": 20.0, "accept_rate": 1.0}
MONEY = {"margin": PRICES["accept_rate"] * PRICES["margin_mean"], "contact_cost": PRICES["contact_cost"]}
REPLICATES = 1000


def run_world(seed: int) -> dict[str, Any]:
    """Return whether each interval covers its truth, with the depth, the estimate and the truth.

    hindsight_profit: at the depth that the test rows themselves would have chosen, and what that
    depth truly earns: the difference is the optimism that the frozen policy is free of.
    """
    rows, outcome, true = _prospects(seed, visitors=VISITORS, origins=ORIGINS)
    origin = rows.pop("origin").to_numpy()
    first, inner, test = origin < ORIGINS[-2], origin == ORIGINS[-2], origin == ORIGINS[-1]
    held = pd.DataFrame(
        {"outcome": outcome[inner], "score": _scores(rows[first], outcome[first], rows[inner])}
    )
    depth = profit.best_depth(held["outcome"].to_numpy(), held["score"].to_numpy(), **MONEY)

    population, expected = _population()
    trained, happened = (rows[~test], outcome[~test]), outcome[test]
    score, everyone = _scores(*trained, rows[test]), _scores(*trained, population)
    earns = _earned(expected, everyone, depth)
    weights = _weights(len(happened), seed)
    realised = _interval("policy_profit", score, happened, weights, inner=held, **PRICES)
    summed = _interval("calibration_in_the_large", true[test], happened, weights)
    hindsight = profit.best_depth(happened, score, **MONEY)
    return {
        "profit_covers": bool(realised["lower"] <= earns <= realised["upper"]),
        "sum_covers": bool(summed["lower"] <= 0 <= summed["upper"]),
        "depth": depth,
        "true_profit": earns,
        **{f"profit_{k}": v for k, v in realised.items()},
        "hindsight_profit": _earned(happened, score, hindsight),
        "hindsight_true_profit": _earned(expected, everyone, hindsight),
    }


def _earned(outcome: np.ndarray, score: np.ndarray, depth: float) -> float:
    """Return the profit per prospect of contacting to a depth; outcome: 0 and 1, or probabilities."""
    return float(profit.profit_at_depth(outcome, score, np.ones((1, len(score))), depth=depth, **MONEY)[0])


def _interval(
    metric: str, score: np.ndarray, outcome: np.ndarray, weights: np.ndarray, **further: Any
) -> dict[str, float]:
    """Return a metric's value and interval as a comparison without refits gives them."""
    solution, answers = pd.DataFrame({"outcome": outcome}), pd.DataFrame({"score": score})
    value, *replicates = registry.metric(metric)(solution, answers, None, weights, **further)
    lower, upper = resampling.interval_from_replicates(value, np.array(replicates), level=LEVEL)
    return {"value": float(value), "lower": lower, "upper": upper}


def _weights(n: int, seed: int) -> np.ndarray:
    """Return weights of one and then the bootstrap weightings of n prospects, (1 + REPLICATES, n)."""
    drawn = resampling.poisson_weights(np.arange(n), REPLICATES, generator(seed, "bootstrap"))
    return np.concatenate([np.ones((1, n)), drawn])


def _scores(train: pd.DataFrame, outcome: np.ndarray, rows: pd.DataFrame) -> np.ndarray:
    """Return the scores of rows by logistic regression on the train rows."""
    model = registry.find("methods", "classification/logit")(C=1.0)
    return model.fit(train, outcome).predict_proba(rows)[:, 1]


@cache
def _population() -> tuple[pd.DataFrame, np.ndarray]:
    """Return the prospects of the test origin in one large shop, and their true probabilities.

    Their number makes the error of a mean over them about a sixth of a world's own.
    """
    rows, _, true = _prospects(seed_of(0, "population"), visitors=POPULATION, origins=ORIGINS[-1:])
    return rows.drop(columns="origin"), true


def _prospects(
    seed: int, *, visitors: int, origins: tuple[dt.datetime, ...]
) -> tuple[pd.DataFrame, np.ndarray, np.ndarray]:
    """Return the prospects of a simulated shop at each origin: columns, outcomes, true probabilities."""
    last = origins[-1].date() + dt.timedelta(days=HORIZON_DAYS - 1)
    shop = simulate(Shop(visitors=visitors, start=START, end=last), seed=seed)
    found = [_at(shop, origin) for origin in origins]
    rows = pd.concat([frame for frame, _, _ in found], ignore_index=True)
    return rows, *(np.concatenate([part[i] for part in found]) for i in (1, 2))


def _at(shop: Simulated, cutoff: dt.datetime) -> tuple[pd.DataFrame, np.ndarray, np.ndarray]:
    """Return one origin's columns as the task would pose them, outcomes, and true probabilities."""
    connection, window = store.engine(), Window(cutoff, HORIZON_DAYS)
    tables = {t: _as_table(shop.tables[t]) for t in ("transactions", "customers", "sessions")}
    known = as_known(tables, cutoff, connection)
    found = acquisition.population(known, cutoff=cutoff).order_by("customer")
    people = connection.to_pyarrow(found).to_pandas()
    columns = gather(known, people, connection, cutoff=cutoff, families=acquisition.TASK.families)
    bought = shop.truth["visitors"].set_index("customer")["first_purchase"].loc[people["customer"]]
    outcome = ((bought >= window.start) & (bought < window.end)).to_numpy(dtype=np.int64)
    asked = {"cutoff": cutoff, "horizon_days": HORIZON_DAYS}
    true = true_conversion_probability(shop.truth, people["customer"].tolist(), **asked)
    return columns.drop(columns="customer").assign(origin=cutoff), outcome, true


def _as_table(frame: pd.DataFrame) -> ibis.Table:
    """Return a frame as the engine's table; by way of arrow, as the tables are read from parquet."""
    return ibis.memtable(pa.Table.from_pandas(frame, preserve_index=False))
