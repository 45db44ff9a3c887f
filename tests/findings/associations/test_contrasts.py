"""Contrasts: a planted pattern of the lost comes back, activity alone is none, and chance has none."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from crmlab.errors import NotApplicable
from crmlab.findings.associations import contrasts


def lines(seed=1, *, customers=900, planted=True):
    """Customers who come monthly or so; after `broken` more leave, after `club` fewer."""
    rng = np.random.default_rng(seed)
    rows = []
    for customer in range(customers):
        day, pace = rng.uniform(0, 60), rng.choice([20, 45])
        number = 0
        while day < 500:
            held = [f"x{i:02d}" for i in rng.choice(15, 2, replace=False)]
            held += ["broken"] if rng.random() < 0.15 else []
            held += ["club"] if rng.random() < 0.15 else []
            rows += [(f"c{customer:03d}", f"{customer}-{number}", day, item) for item in held]
            leave = (
                0.06
                * (3.5 if planted and "broken" in held else 1)
                * (0.2 if planted and "club" in held else 1)
            )
            if rng.random() < leave:
                break
            day += rng.gamma(4, pace / 4)
            number += 1
    frame = pd.DataFrame(rows, columns=["customer", "basket", "day", "item"])
    frame["at"] = pd.Timestamp("2023-01-01") + pd.to_timedelta(np.floor(frame.pop("day")), unit="D")
    return frame


def test_planted_patterns_survive_out_of_time(keeps_contract):
    found = contrasts.find(lines())
    keeps_contract(found)
    kept = found.table[found.table["survives"]].set_index("pattern")
    assert kept.loc["broken in the last basket", "ratio"] > 1.2
    assert len(kept) <= 4
    assert "broken in the last basket" in found.sentences[1]


def test_chance_has_no_contrasts():
    found = [contrasts.find(lines(seed, planted=False)) for seed in (2, 3, 4)]
    assert sum(int(f.table["survives"].sum()) for f in found) <= 1


def test_what_comes_after_the_horizon_decides_nothing():
    made = lines()
    found = contrasts.find(made)
    last = pd.Timestamp(found.origins[1])
    assert (made["at"].max() - last).days < 90
    before = made[made["at"] < last]
    people = before.loc[before["at"] >= last - pd.Timedelta(days=365), "customer"].nunique()
    assert found.customers == people
    later = set(made.loc[made["at"] >= last, "customer"])
    active = set(before.loc[before["at"] >= last - pd.Timedelta(days=365), "customer"])
    assert found.lost == len(active - later)


def test_it_says_why_it_does_not_apply():
    with pytest.raises(NotApplicable, match="nobody is lost"):
        contrasts.find(lines(customers=5).drop(columns="at"))
    with pytest.raises(NotApplicable, match="no two horizons of 400 days"):
        contrasts.find(lines(customers=50), horizon_days=400)
    with pytest.raises(NotApplicable, match="no pattern is had by 20 customers"):
        contrasts.find(lines(customers=10))
