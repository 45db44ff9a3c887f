"""The truth about the next basket: against hand-computed shops and against the simulator's own draws."""

from __future__ import annotations

from dataclasses import asdict

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from crmlab.errors import DataError
from crmlab.simulate import baskets
from crmlab.simulate import products as assortment
from crmlab.simulate.knobs import Shop
from crmlab.simulate.next_basket import catalogue, shop_of, true_item_probabilities

RATE = 0.3


def truth_of(shop: Shop, *, seed: int) -> tuple[dict, pd.DataFrame]:
    """Return the truth of one explorer, and the catalogue."""
    products = assortment.draw(shop, seed=seed)
    names = products["product"].to_numpy()
    pairs = assortment.affinities(products, shop, seed=seed)
    chances = (shop.bundle_probability, shop.sequence_probability)
    bundles, sequences = (
        pd.DataFrame({"trigger": names[p["trigger"]], "companion": names[p["companion"]], "probability": c})
        for p, c in zip(pairs, chances, strict=True)
    )
    people = pd.DataFrame({"customer": ["one"], "type": ["explorer"], "spend_rate_per_usd": [RATE]})
    kept = pd.DataFrame([asdict(shop)]).astype({"start": "datetime64[us]", "end": "datetime64[us]"})
    return {"shop": kept, "customers": people, "bundles": bundles, "sequences": sequences}, products


def test_the_probabilities_are_those_of_the_simulators_own_draws():
    shop = Shop(products=24, bundles=3, sequences=3)
    truth, products = truth_of(shop, seed=3)
    n = 40_000
    # pairs of orders of one buyer: what the second holds, given what the first held
    orders = pd.DataFrame({"buyer": np.repeat(np.arange(n), 2), "type": 4, "spend_rate": RATE})
    drawn = baskets.lines(orders, products, *assortment.affinities(products, shop, seed=3), shop, seed=5)
    held = np.zeros((2 * n, 24))
    held[drawn["order"], drawn["product"]] = 1.0
    # the simulator scales by the mean value of what it draws: here that of this customer
    mean = shop.spend_order_shape / RATE
    expected = true_item_probabilities(truth, products, ["one"], held[:1] * 0, mean_value=mean)[0]
    spread = np.sqrt(expected * (1 - expected) / n)
    first = held[::2].mean(axis=0)
    assert (np.abs(first - expected) < 4.5 * spread + 2e-4).all()
    names = pd.Index(products["product"])
    for pair in truth["sequences"].itertuples():
        trigger, companion = names.get_loc(pair.trigger), names.get_loc(pair.companion)
        with_it = held[::2, trigger] == 1
        after = held[1::2][with_it, companion].mean()
        known = np.zeros((1, 24))
        known[0, trigger] = 1.0
        wanted = true_item_probabilities(truth, products, ["one"], known, mean_value=mean)[0, companion]
        assert wanted > expected[companion] + 0.1
        assert after == pytest.approx(wanted, abs=4.5 * np.sqrt(wanted * (1 - wanted) / with_it.sum()) + 2e-4)


def test_a_shop_of_one_line_and_no_pairs_is_a_logit_over_prices():
    shop = Shop(products=8, bundles=0, sequences=0, extra_lines=0.0)
    truth, products = truth_of(shop, seed=1)
    found = true_item_probabilities(truth, products, ["one"], np.zeros((1, 8)), mean_value=20.0)[0]
    taste = np.array([0.0, 0.0, 0.0, 0.5, 0.8, 0.0, 1.2, 0.3])
    worth = stats.gamma(6.25, scale=1 / RATE).ppf((np.arange(4000) + 0.5) / 4000)[:, None]
    logit = products["popularity"].to_numpy() + taste
    logit = logit - 2 * np.log(products["unit_price"].to_numpy() / worth) ** 2
    chosen = np.exp(logit) / np.exp(logit).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(found, chosen.mean(axis=0), atol=1e-4)
    assert found.sum() == pytest.approx(1)


def test_the_shop_comes_back_from_its_truth_and_the_catalogue_from_its_seed(shop):
    assert shop_of(shop.truth) == Shop()
    drawn = catalogue(shop.truth, shop.tables["products"], seed=7)
    assert drawn["product"].tolist() == shop.tables["products"]["product"].tolist()
    with pytest.raises(DataError, match="not those that the simulator draws with seed 8"):
        catalogue(shop.truth, shop.tables["products"], seed=8)


def test_an_unknown_customer_is_refused():
    truth, products = truth_of(Shop(products=8, bundles=0, sequences=0), seed=1)
    with pytest.raises(DataError, match="'two', who is not in the truth"):
        true_item_probabilities(truth, products, ["two"], np.zeros((1, 8)), mean_value=20.0)
