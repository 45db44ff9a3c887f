"""Recommenders against what was worked out by hand, or in another way."""

from __future__ import annotations

import sys

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from crmlab import registry
from crmlab.errors import NotApplicable
from crmlab.maths.next_basket import factor_models, item_models
from crmlab.maths.next_basket.purchases import purchases_of
from crmlab.maths.next_basket.ranking import top
from crmlab.methods.recommendation._candidates import COLUMNS, Candidates
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


def test_customer_factors_by_hand_and_by_the_library(shop):
    # one factor: items 2 and 1, ridge 1, the first bought with a confidence of 3: 3 · 2 / (4 + 1 + 1 + 2 · 4)
    found = factor_models.customer_factors(
        sparse.csr_array(np.array([[3.0, 0.0]])), np.array([[2.0], [1.0]]), ridge=1.0
    )
    assert found == pytest.approx(np.array([[6 / 14]]))
    als = pytest.importorskip("implicit.cpu.als")
    purchases = purchases_of(shop)
    weights = purchases.counts.copy()
    weights.data = 1 + 5.0 * weights.data
    model = als.AlternatingLeastSquares(
        factors=8, regularization=10.0, dtype=np.float64, use_cg=False, num_threads=1, random_state=3
    )
    model.fit(sparse.csr_matrix(weights), show_progress=False)
    expected = model.recalculate_user(np.arange(purchases.n), sparse.csr_matrix(weights))
    found = factor_models.customer_factors(weights, np.array(model.item_factors), ridge=10.0)
    np.testing.assert_allclose(found, expected, atol=1e-8)
    mine = registry.find("methods", "recommendation/als")(factors=8, seed=3).fit(purchases)
    np.testing.assert_allclose(mine.item_factors_, model.item_factors)


def test_als_without_its_library_says_what_to_install(monkeypatch, five):
    monkeypatch.setitem(sys.modules, "implicit.cpu.als", None)
    with pytest.raises(NotApplicable, match=r"needs the package implicit: pip install 'crmlab\[factors\]'"):
        registry.find("methods", "recommendation/als")().fit(purchases_of(five))


def test_what_a_ranker_knows_of_candidates(five):
    purchases = purchases_of(five)
    ((row, item, known),) = Candidates(each=4).fit(purchases).of(purchases.of(np.array(["c1", "c4"])))
    first = pd.DataFrame(known, columns=COLUMNS)[row == 0].set_index(item[row == 0])
    # c1 bought ab, a, ac: all four are candidates, d by its popularity alone
    assert first.index.tolist() == [A, B, C, D]
    assert first["count"].tolist() == [3, 1, 1, 0]
    assert first["decayed"].tolist() == pytest.approx([1 + 0.9 + 0.81, 0.81, 1, 0])
    assert first["share"].tolist() == pytest.approx([1, 1 / 3, 1 / 3, 0])
    assert first["baskets_since"].tolist() == [0, 2, 0, 1000]
    assert first["due"].tolist() == pytest.approx([0, 2 / 3, 0, 0])
    assert first["popularity"].tolist() == [4, 4, 3, 3]
    # who bought a (c1, c2): one of two again; b: one of three; c: none of three; d: one of two
    assert first["bought_again"].tolist() == pytest.approx([1 / 2, 1 / 3, 0, 1 / 2])
    # cosines: a-b 2/√6, a-c 1/√6, b-c 2/3, c-d 1/√6
    root = np.sqrt(6)
    assert first["neighbours"].tolist() == pytest.approx(
        [3 / root, 2 / root + 2 / 3, 1 / root + 2 / 3, 1 / root]
    )
    # after a came a and ac: a twice of two; after c (c5: cd then d) came d once of one
    assert first["follows"].tolist() == pytest.approx([1, 0, 1 / 2, 1])
    assert (first["baskets"], first["basket_size"], first["known_items"])[0].tolist() == [3] * 4
    assert first["basket_size"].tolist() == pytest.approx([5 / 3] * 4)
    assert first["known_items"].tolist() == [3] * 4


def test_a_ranker_learns_what_a_last_basket_repeats():
    """Everybody buys again the item that was bought least lately: no popularity and no frequency knows it."""
    rng, lines = generator(2, "due"), []
    for number in range(300):
        mine = rng.choice(30, 3, replace=False)
        for day in range(7):
            day0 = pd.Timestamp("2024-01-01") + pd.Timedelta(days=day)
            lines.append((f"k{number:03d}", day0, f"k{number:03d}-{day}", f"p{mine[day % 3]:02d}"))
    frame = pd.DataFrame(lines, columns=["customer", "at", "basket", "item"])
    purchases = purchases_of(frame.astype({"customer": "str", "basket": "str", "item": "str"}))
    earlier, truth = purchases.without_last(), purchases.last().toarray()
    model = registry.find("methods", "recommendation/lightgbm_ranker")(
        num_leaves=15, learning_rate=0.1, min_child_samples=5, candidates=10
    )
    chosen = top(model.fit(earlier).scores(earlier), earlier.popularity, 1)[:, 0]
    assert truth[np.arange(len(truth)), chosen].mean() > 0.95
    habit = registry.find("methods", "recommendation/personal_decay")().fit(earlier)
    usual = top(habit.scores(earlier), earlier.popularity, 1)[:, 0]
    assert truth[np.arange(len(truth)), usual].mean() < 0.5
