"""Recommenders against what was worked out by hand, or in another way."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from crmlab import registry
from crmlab.maths.next_basket import item_models
from crmlab.maths.next_basket.purchases import purchases_of
from crmlab.maths.next_basket.ranking import top
from crmlab.seeds import generator

A, B, C, D = range(4)


def scores(name: str, history: pd.DataFrame, customer: str, **given: object) -> np.ndarray:
    """Return a fitted method's scores of the items for one customer, (m,)."""
    purchases = purchases_of(history)
    model = registry.find("methods", f"recommendation/{name}")(**given).fit(purchases)
    return model.scores(purchases.of(np.array([customer])))[0]


def test_popularity_is_the_share_of_baskets(five):
    assert scores("popularity", five, "c4") == pytest.approx(np.array([4, 4, 3, 3]) / 9)


def test_personal_frequency_counts_baskets_and_decay_discounts_them(five):
    assert scores("personal_frequency", five, "c1").tolist() == [3, 1, 1, 0]
    assert scores("personal_decay", five, "c1", decay=0.5) == pytest.approx([1.75, 0.25, 1, 0])
    assert scores("last_basket", five, "c1").tolist() == [1, 0, 1, 0]


def test_up_cf_equals_the_example_worked_out_by_hand(five):
    # c2 bought {a, b}; c1 {a, b, c} and c3 {b, c} share items with her, c4 and c5 none
    near = {"c1": (2 / (2**0.75 * 3**0.25)) ** 2, "c3": (1 / (2**0.75 * 2**0.25)) ** 2}
    expected = [
        1 + near["c1"] * 1,
        1 + near["c1"] / 3 + near["c3"] * 1,
        near["c1"] / 3 + near["c3"] / 2,
        0,
    ]
    found = scores("up_cf", five, "c2", asymmetry=0.75, locality=2.0)
    assert found == pytest.approx(expected, rel=1e-12)
    # of the two latest baskets alone c1 bought a in both, c in one and b in none
    expected = [1 + near["c1"], 1 + near["c3"], near["c1"] / 2 + near["c3"] / 2, 0]
    found = scores("up_cf", five, "c2", recent=2, asymmetry=0.75, locality=2.0)
    assert found == pytest.approx(expected, rel=1e-12)


def test_tifu_knn_equals_the_example_worked_out_by_hand(five):
    # c1 has the groups [ab] and [a, ac]: (.7 × (1, 1, 0) + ((.9 + 1) / 2, 0, 1 / 2)) / 2
    frequencies = {
        "c1": [(0.7 + 0.95) / 2, 0.7 / 2, 0.5 / 2, 0],
        "c2": [1, 1, 0, 0],
        "c3": [0, (0.7 + 1) / 2, 1 / 2, 0],
        "c4": [0, 0, 0, 1],
        "c5": [0, 0, 0.7 / 2, (0.7 + 1) / 2],
    }
    given = {"within": 0.9, "between": 0.7, "groups": 2}
    purchases = purchases_of(five)
    model = registry.find("methods", "recommendation/tifu_knn")(neighbours=2, own=0.4, **given)
    model.fit(purchases)
    np.testing.assert_allclose(
        model.frequencies_.toarray(), np.array([*frequencies.values()], dtype=float), rtol=1e-12
    )
    # squared distances from c2: c1 .516, c3 1.273, c5 2.845, c4 3
    mean = (np.array(frequencies["c1"]) + frequencies["c3"]) / 2
    found = model.scores(purchases.of(np.array(["c2"])))[0]
    assert found == pytest.approx(0.4 * np.array(frequencies["c2"]) + 0.6 * mean, rel=1e-12)
    assert found == pytest.approx([0.6475, 0.76, 0.225, 0])


@pytest.mark.parametrize("ridge", [0.5, 200.0])
def test_ease_is_a_ridge_regression_of_each_item_on_the_others(ridge):
    bought = (generator(1, "ease").random((40, 9)) < 0.3).astype(float)
    found = item_models.ease(bought, ridge=ridge)
    for item in range(9):
        others = np.delete(np.arange(9), item)
        left = bought[:, others]
        weights = np.linalg.solve(left.T @ left + ridge * np.eye(8), left.T @ bought[:, item])
        np.testing.assert_allclose(found[others, item], weights, rtol=1e-10)
    inverse = np.linalg.inv(bought.T @ bought + ridge * np.eye(9))
    np.testing.assert_allclose(found, np.eye(9) - inverse / np.diag(inverse), atol=1e-12)


def test_ease_offers_new_items_only_where_it_is_asked_to(five):
    every, new = (scores("ease", five, "c1", ridge=1.0, offers=offers) for offers in ("all", "new"))
    assert np.isneginf(new).tolist() == [True, True, True, False]
    assert new[D] == every[D]


def test_beyond_its_most_popular_items_ease_has_no_opinion(five):
    found = scores("ease", five, "c1", ridge=1.0, max_items=3)
    # a and b have two buyers each, c three and d two: c, a and b are kept
    assert found[D] == 0
    assert (found[:D] != 0).all()


def test_item_neighbours_are_cosines_of_buyers(five):
    # buyers: a {1, 2}, b {1, 2, 3}, c {1, 3, 5}, d {4, 5}
    cosine = {"ab": 2 / np.sqrt(6), "ac": 1 / np.sqrt(6), "bc": 2 / 3, "cd": 1 / np.sqrt(6)}
    found = scores("item_knn", five, "c2", neighbours=3)
    assert found == pytest.approx([cosine["ab"], cosine["ab"], cosine["ac"] + cosine["bc"], 0])
    # with one neighbour each, b's is c or a, whichever is nearer: a
    found = scores("item_knn", five, "c2", neighbours=1)
    assert found == pytest.approx([cosine["ab"], cosine["ab"], 0, 0])


def test_user_neighbours_are_cosines_of_customers(five):
    near = {"c1": 2 / np.sqrt(6), "c3": 1 / 2}
    found = scores("user_knn", five, "c2", neighbours=4)
    assert found == pytest.approx([near["c1"], near["c1"] + near["c3"], near["c1"] + near["c3"], 0])
    assert scores("user_knn", five, "c2", neighbours=1) == pytest.approx([near["c1"]] * 3 + [0])


def test_association_rules_take_the_highest_confidence(five):
    # of nine baskets a stands in 4, b in 4, c in 3, d in 3; ab in 2, ac, bc and cd in 1 each, lift below 1
    # for all but ab (2 · 9 / 16)
    found = scores("association_rules", five, "c2", least=1, recent=1)
    assert found == pytest.approx([2 / 4, 2 / 4, 0, 0])
    assert scores("association_rules", five, "c2", least=3, recent=1).tolist() == [0] * 4
    assert scores("association_rules", five, "c4", least=1, recent=1).tolist() == [0, 0, 0, 0]


def test_the_markov_chain_averages_over_the_last_basket(five):
    # baskets that follow: c1 ab → a, a → ac; c3 b → bc; c5 cd → d. So a: a twice of two, c once; b (of two):
    # a once, b once, c once; c: d once of one; d: d once of one
    found = scores("markov", five, "c2")
    assert found == pytest.approx([(1 + 1 / 2) / 2, (0 + 1 / 2) / 2, (1 / 2 + 1 / 2) / 2, 0])
    assert scores("markov", five, "c5") == pytest.approx([0, 0, 0, 1])


def test_the_blend_learns_where_habits_end():
    """Half of a basket is a habit, half is one of eight items that nobody buys twice: both are found."""
    rng, start = generator(5, "habits"), pd.Timestamp("2024-01-01")
    lines = []
    for number in range(400):
        once = rng.permutation(8)[:4]
        for day in range(4):
            held = (f"h{number % 50:02d}", f"n{once[day]}")
            lines += [(f"c{number:03d}", start + pd.Timedelta(days=day), f"{number}-{day}", i) for i in held]
    history = pd.DataFrame(lines, columns=["customer", "at", "basket", "item"])
    purchases = purchases_of(history.astype({"customer": "str", "basket": "str", "item": "str"}))
    model = registry.find("methods", "recommendation/repeat_aware")().fit(purchases)
    repeats, new = model.rates_[:, 1]  # of customers with three baskets before
    assert repeats[:4].tolist() == [0.5, 0, 0, 0]
    assert new[:5] == pytest.approx([0.1] * 5, abs=0.03)
    listed = top(model.scores(purchases.of(np.array(["c007"]))), model.popularity_, 9)[0]
    bought = {i for c, _, _, i in lines if c == "c007"}
    assert purchases.items[listed[0]] == "h07"
    assert {*purchases.items[listed[1:5]]} == {f"n{i}" for i in range(8)} - bought
