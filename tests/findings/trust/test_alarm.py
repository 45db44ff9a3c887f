"""Alarm: silent in shops that only grow older, raised where customers, base rate or features moved."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from crmlab.errors import NotApplicable
from crmlab.findings.trust import alarm
from crmlab.params.protocols import protocol
from crmlab.seeds import generator

TRAIN, TODAY, AHEAD = (540, 600, 660, 720), 780, 60
ROLES = {"T_days": "numeric", "frequency": "numeric", "days_since_last": "numeric", "channel": "categorical"}


def shop(seed, *, slower=0.0, fewer=0.0):
    """Return a comparison on a shop of 900 days: of buyers who drop out, from day 700 on slower or fewer."""
    rng = generator(seed, "alarm shop")
    born = np.sort(rng.uniform(0, 780, 1_000))
    born = born[(born < 700) | (rng.random(1_000) >= fewer)]
    rate, ends = rng.gamma(2, 1 / 40, len(born)), born + rng.exponential(300, len(born))
    draws = rng.exponential(size=(len(born), 80)) / rate[:, None]
    late = born[:, None] + np.cumsum(draws, axis=1)
    late = np.where(late > 700, 700 + (late - 700) * (1 + slower), late)
    times = np.where(late < ends[:, None], late, np.inf)
    channel = rng.choice(["web", "shop"], len(born))
    return compared(
        pd.concat([at(origin, born, times, channel) for origin in (*TRAIN, TODAY)], ignore_index=True), seed
    )


def at(origin, born, times, channel):
    """Return the rows of the customers known at an origin, with what followed."""
    known = born < origin
    before = np.where(times < origin, times, -np.inf)
    last = np.maximum(before.max(axis=1), born)
    after = ((times >= origin) & (times < origin + AHEAD)).any(axis=1)
    frame = pd.DataFrame(
        {
            "customer": [f"c{i}" for i in range(len(born))],
            "origin": pd.Timestamp("2022-01-01") + pd.Timedelta(days=origin),
            "T_days": origin - born,
            "frequency": np.isfinite(before).sum(axis=1).astype(float),
            "days_since_last": origin - last,
            "channel": channel,
            "outcome": (~after).astype(float),
        }
    )
    return frame[known]


def compared(rows, seed):
    """Return a comparison whose last window is today's."""
    today = rows["origin"] == rows["origin"].max()
    fold = SimpleNamespace(
        test_rows=rows[today].drop(columns="outcome"),
        train_rows=rows[~today].drop(columns="outcome").reset_index(drop=True),
        train_outcomes=rows.loc[~today, ["outcome"]].reset_index(drop=True),
        cutoff="2024-02-20",
    )
    facts = {"roles": ROLES}
    problem = SimpleNamespace(facts=facts, protocol=protocol("rolling"), last_fold=lambda: fold)
    return SimpleNamespace(problem=problem, seed=seed)


def test_where_nothing_moved_alarms_are_rare():
    raised = [alarm.find(shop(seed)).is_raised for seed in range(60)]
    assert np.mean(raised) <= 0.1


@pytest.mark.parametrize("change", [{"slower": 1.5}, {"fewer": 0.7}])
def test_where_something_moved_they_come(change):
    raised = [alarm.find(shop(seed, **change)).is_raised for seed in range(20)]
    assert np.mean(raised) >= 0.8


def test_it_says_what_moved_and_which_way(keeps_contract):
    found = alarm.find(shop(1, slower=3.0))
    keeps_contract(found)
    assert found.sentences[0].startswith("Alarm: the customers of 2024-02-20 differ")
    assert "frequency down, the base rate up" in found.sentences[0]
    assert {"frequency", "days_since_last", "new customers", "base rate"} <= set(found.table["what"])
    quiet = next(f for f in (alarm.find(shop(seed)) for seed in range(9)) if not f.is_raised)
    keeps_contract(quiet)
    assert quiet.sentences[0].startswith("No alarm: of ")


def test_too_few_customers_and_a_random_split_have_none(make):
    few = shop(1)
    few.problem.last_fold().test_rows = few.problem.last_fold().test_rows.head(10)
    with pytest.raises(NotApplicable, match="fewer than 50 customers"):
        alarm.find(few)
    with pytest.raises(NotApplicable, match="of no days"):
        alarm.find(SimpleNamespace(problem=make.resampled(), seed=1))
