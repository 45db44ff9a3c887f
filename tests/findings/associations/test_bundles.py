"""Bundles: what a price must bring about by hand, planted pairs with a planted price, and reasons."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from crmlab.errors import NotApplicable
from crmlab.findings.associations import bundles
from crmlab.seeds import generator

PRODUCTS = pd.DataFrame({"item": [f"p{i}" for i in range(12)], "price": [10.0] * 12, "cost": [6.0] * 12})


@pytest.fixture(scope="module")
def shop() -> pd.DataFrame:
    """Return lines of 3,000 baskets: p1 goes with p0 in 30 of 100, and in 60 where p0 is sold for 8."""
    rng, rows = generator(1, "bundles"), []
    for number in range(3000):
        held = {*rng.choice(12, 2, p=[0.14, *[0.86 / 11] * 11]).tolist()}
        cheap = rng.random() < 0.4
        if 0 in held and rng.random() < (0.6 if cheap else 0.3):
            held.add(1)
        at = pd.Timestamp("2024-01-01") + pd.Timedelta(minutes=200 * number)
        price = {0: 8.0 if cheap else 10.0}
        rows += [(f"k{number % 900}", f"o{number}", at, f"p{i}", price.get(i, 10.0)) for i in sorted(held)]
    return pd.DataFrame(rows, columns=["customer", "basket", "at", "item", "price"])


def test_from_which_share_on_a_bundle_pays():
    # a fifth takes both: a margin of 4, less 2 off the bundle, is earned back where two fifths do
    assert bundles.needed_share(0.2, 4.0, 2.0) == pytest.approx(0.4)
    m1, m2, d, p0, p = 5.0, 4.0, 2.0, 0.2, 0.4
    assert p * (m1 + m2 - d) + (1 - p) * m1 == pytest.approx(m1 + p0 * m2)
    assert bundles.needed_share(0.2, 2.0, 2.0) == bundles.needed_share(0.6, 4.0, 2.0) == np.inf


def test_the_planted_bundle_is_found_with_what_its_price_did(shop, keeps_contract):
    found = bundles.find(shop, PRODUCTS, support=0.01, worlds=39, seed=1)
    keeps_contract(found)
    row = found.table.set_index(["lead", "other"]).loc[("p0", "p1")]
    assert {frozenset(pair) for pair in zip(found.table["lead"], found.table["other"], strict=True)} == {
        frozenset(("p0", "p1"))
    }
    assert (row["price"], row["margin"]) == (20.0, 8.0)
    mine = shop[shop["item"] == "p0"]
    both = mine["basket"].isin(shop.loc[shop["item"] == "p1", "basket"])
    usual = mine["price"] == 10.0
    assert row["attached"] == pytest.approx(both[usual].mean())
    assert row["effect"] == pytest.approx(both[~usual].mean() - both[usual].mean())
    assert row["lower"] > 0.1
    assert row["needed"] == pytest.approx(row["attached"] * 4 / (4 - 2))
    assert "10% off the two pays where at least" in found.sentences[1]
    # p1 was never sold at a lower price
    assert np.isnan(found.table.set_index("lead").loc["p1", "effect"])


def test_without_costs_the_margin_is_assumed(shop):
    found = bundles.find(shop, PRODUCTS.drop(columns="cost"), support=0.01, worlds=19, margin_share=0.2)
    assert found.table["margin"].iloc[0] == pytest.approx(4.0)
    # 2 off, and a margin of 2: it never pays
    assert found.table["needed"].iloc[0] == np.inf
    assert "never pays" in found.sentences[1]
    assert "assumed: 20% of the price" in found.sentences[0]


def test_without_prices_there_is_no_price_of_a_bundle(shop):
    for lines, products in ((shop, None), (shop.drop(columns="price"), PRODUCTS)):
        with pytest.raises(NotApplicable, match="without prices"):
            bundles.find(lines, products)
