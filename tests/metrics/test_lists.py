"""Measures of lists against worked-out and published values."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import ndcg_score

from crmlab import registry
from crmlab.kinds.recommendation import BUYERS, COUNT
from crmlab.maths.next_basket.texts import BETWEEN, EXPLORE, NEW_CATEGORY, REPEAT
from crmlab.metrics import _lists
from crmlab.seeds import generator

CATALOGUE = np.array([f"p{i:02d}" for i in range(30)], dtype=object)


def solution_of(*baskets: tuple[str, str]) -> pd.DataFrame:
    """Return a solution of baskets: items divided by blanks, and what each was."""
    bought = [BETWEEN.join(items.split()) for items, _ in baskets]
    frame = pd.DataFrame(
        {"row_id": range(len(baskets)), "bought": bought, "bought_as": [w for _, w in baskets]}
    )
    return frame.astype({"bought": "str", "bought_as": "str"})


def answers_of(*lists: str, share: float = 0.5, assortment: int = 10) -> pd.DataFrame:
    """Return an answer of lists of items divided by blanks; each was bought by a share of the customers."""
    split = [one.split() for one in lists]
    buyers = [[share] * len(one) + [0.0] * (COUNT - len(one)) for one in split]
    frame = pd.DataFrame(buyers, columns=list(BUYERS))
    frame.insert(0, "offered", pd.array([BETWEEN.join(one) for one in split], "str"))
    return frame.assign(assortment=float(assortment))


def value(name: str, solution: pd.DataFrame, answers: pd.DataFrame, weights=None) -> float:
    """Return a metric at weights of one, or under one weighting."""
    weights = np.ones((1, len(solution))) if weights is None else np.array([weights], dtype=float)
    return registry.metric(name)(solution, answers, None, weights)[0]


def random_shop(n: int = 300, *, seed: int = 3) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return baskets of 0 to 25 items of all sorts, and random lists."""
    rng = generator(seed, "lists")
    baskets, lists = [], []
    for _ in range(n):
        size = rng.integers(0, 26)
        items = " ".join(rng.choice(CATALOGUE, size, replace=False))
        baskets.append((items, "".join(rng.choice([REPEAT, EXPLORE, NEW_CATEGORY], size, p=[0.6, 0.3, 0.1]))))
        lists.append(" ".join(rng.choice(CATALOGUE, COUNT, replace=False)))
    return solution_of(*baskets), answers_of(*lists)


def test_worked_out_values():
    solution = solution_of(("a b c", "rre"), ("", ""), ("d", "n"))
    answers = answers_of("a x c y z", "a b c d e", "x d")
    assert value("recall_5", solution, answers) == pytest.approx((2 / 3 + 1) / 2)
    assert value("recall_1", solution, answers) == pytest.approx((1 / 3 + 0) / 2)
    assert value("precision_5", solution, answers) == pytest.approx((2 / 5 + 1 / 5) / 2)
    assert value("hit_rate_1", solution, answers) == pytest.approx(1 / 2)
    # hits on places 1 and 3 of at most 3, and on place 2 of at most 1
    assert value("average_precision_at_5", solution, answers) == pytest.approx(((1 + 2 / 3) / 3 + 1 / 2) / 2)
    ideal = 1 + 1 / np.log2(3) + 1 / 2
    assert value("ndcg_5", solution, answers) == pytest.approx(((1 + 1 / 2) / ideal + 1 / np.log2(3)) / 2)
    assert value("recall_5", solution, answers, [2, 5, 0]) == pytest.approx(2 / 3)
    assert np.isnan(value("recall_5", solution, answers, [0, 5, 0]))


@pytest.mark.parametrize("k", [1, 5, 10, 20])
def test_ndcg_equals_scikit_learns_by_its_definition(k):
    solution, answers = random_shop()
    known, places = [], []
    for bought, offered in zip(solution["bought"], answers["offered"], strict=True):
        if bought:
            listed = offered.split(BETWEEN)
            known.append(np.isin(CATALOGUE, bought.split(BETWEEN)))
            places.append([COUNT - listed.index(i) if i in listed else 0.0 for i in CATALOGUE])
    # it averages over ties, and gives items beyond the list a score of 0: none of them is among the first k
    expected = ndcg_score(np.array(known, dtype=float), np.array(places), k=k)
    assert value(f"ndcg_{k}", solution, answers) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("k", [1, 10, 20])
def test_the_parts_recombine_to_the_recall(k):
    solution, answers = random_shop()
    weights = generator(4, "weights").poisson(1.0, (50, len(solution))).astype(float)
    whole = registry.metric(f"recall_{k}")(solution, answers, None, weights)
    parts = {"repeat": REPEAT, "explore": EXPLORE, "new_category": NEW_CATEGORY}
    summed = sum(
        registry.metric(f"recall_{part}_{k}")(solution, answers, None, weights)
        * _lists.part_share(solution, weights, sort)
        for part, sort in parts.items()
    )
    np.testing.assert_allclose(summed, whole, rtol=0, atol=1e-12)
    shares = sum(_lists.part_share(solution, weights, sort) for sort in parts.values())
    np.testing.assert_allclose(shares, 1, rtol=0, atol=1e-12)


def test_the_margin_is_that_of_the_listed_items_that_were_bought():
    solution = solution_of(("a b c", "rre"), ("", ""), ("d", "n"))
    solution["paid"] = [BETWEEN.join(["1.50", "20.00", "3.25"]), "", "7.00"]
    answers = answers_of("a x c", "a b c", "x y")
    metric, ones = registry.metric("margin_at_3"), np.ones((1, 3))
    # of the first customer a and c, of the third nothing: 30 % of 4.75, over two who bought
    assert metric(solution, answers, None, ones, margin_share=0.3)[0] == pytest.approx(0.3 * 4.75 / 2)


def test_in_a_world_of_repeats_the_recall_of_new_items_is_undefined():
    solution, answers = solution_of(("a b", "rr"), ("c", "r")), answers_of("a c", "c d")
    assert value("recall_repeat_10", solution, answers) == value("recall_10", solution, answers) == 0.75
    assert np.isnan(value("recall_explore_10", solution, answers))
    assert np.isnan(value("recall_new_category_10", solution, answers))


def test_what_is_shown():
    solution = solution_of(("a", "r"), ("a", "r"), ("", ""))
    answers = answers_of("a b", "a c", "a d", assortment=8, share=0.25)
    assert value("item_coverage_10", solution, answers) == 4 / 8
    assert value("item_coverage_1", solution, answers) == 1 / 8
    assert value("item_coverage_10", solution, answers, [1, 0, 0]) == 2 / 8
    assert value("novelty_10", solution, answers) == 2.0
    assert value("popularity_bias_10", solution, answers) == 0.25
    # exposures 0, 0, 0, 0, 1, 1, 1, 3 of eight items: the mean absolute difference over twice the mean
    shown = np.array([0, 0, 0, 0, 1, 1, 1, 3])
    gini = np.abs(shown[:, None] - shown).mean() / (2 * shown.mean())
    assert value("exposure_gini_10", solution, answers) == pytest.approx(gini)
    assert value(
        "exposure_gini_10", solution, answers_of("a b", "c d", "e f", assortment=6)
    ) == pytest.approx(0)


def test_an_empty_place_shows_nothing():
    solution, answers = solution_of(("a", "r"), ("b", "r")), answers_of("a", "", share=0.5, assortment=2)
    assert value("novelty_10", solution, answers) == 1.0
    assert value("item_coverage_10", solution, answers) == 0.5
    assert value("recall_10", solution, answers) == 0.5
