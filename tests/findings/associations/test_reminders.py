"""Reminders: who is due, how right it was, and nothing of what comes after in what is foretold."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from crmlab.errors import NotApplicable
from crmlab.findings.associations import reminders


def lines(seed=1, *, customers=500):
    """Coffee every three weeks or so, tea every two months; a fifth stop after each purchase."""
    rng = np.random.default_rng(seed)
    rows = []
    for customer in range(customers):
        for item, days in (("coffee", 21), ("tea", 60)):
            own, day = np.log(days) + rng.normal(0, 0.3), rng.uniform(0, 360)
            while day < 540:
                rows.append((f"c{customer:03d}", f"{customer}-{item}-{day:.3f}", day, item))
                if rng.random() < 0.2:
                    break
                day += np.exp(rng.normal(own, 0.25))
    frame = pd.DataFrame(rows, columns=["customer", "basket", "day", "item"])
    frame["at"] = pd.Timestamp("2024-01-01") + pd.to_timedelta(np.floor(frame.pop("day")), unit="D")
    return frame.sort_values("at", kind="stable", ignore_index=True)


@pytest.fixture(scope="module")
def found():
    """The reminders of that shop, judged from day 400 on."""
    return reminders.find(lines(customers=3_000), until="2025-02-04")


def test_foretold_shares_happen(found, keeps_contract):
    keeps_contract(found)
    off = (found.calibration["foretold"] - found.calibration["happened"]).abs()
    # a group of 1,200 pairs: a standard error of .0145 at most
    assert found.calibration["pairs"].min() >= 1_000
    assert off.max() < 0.05
    assert off.mean() < 0.015
    assert set(found.calibration["days"]) == set(reminders.HORIZONS)


def test_who_is_due(found):
    coffee = found.table[found.table["product"] == "coffee"]
    wait = (coffee["due"] - coffee["last"]).dt.days
    assert 15 < wait.median() < 28
    regular = found.table.iloc[0]
    assert regular["p_7"] == found.table["p_7"].max()
    assert (found.table["p_7"] <= found.table["p_56"]).all()
    long_gone = coffee[coffee["days_since"] > 150]
    assert long_gone["p_56"].max() < 0.1


def test_what_comes_after_foretells_nothing():
    made = lines()
    late = made["at"] >= "2025-02-04"
    more = pd.concat([made, made[late].assign(item="tea", basket=lambda f: f["basket"] + "x")])
    one, two = (reminders.find(f, until="2025-02-04").calibration for f in (made, more))
    assert one["foretold"].tolist() == two["foretold"].tolist()
    assert one["happened"].tolist() != two["happened"].tolist()


def test_it_says_why_it_does_not_apply():
    with pytest.raises(NotApplicable, match="nobody can be due"):
        reminders.find(lines().drop(columns="customer"))
    with pytest.raises(NotApplicable, match="no product was bought again 20 times before"):
        reminders.find(lines(customers=4), until="2024-12-01")
