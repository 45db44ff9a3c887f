"""Purchases as numbers, and ranked lists."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from crmlab.maths.next_basket.customer_models import neighbour_means, persons
from crmlab.maths.next_basket.purchases import Purchases, purchases_of
from crmlab.maths.next_basket.ranking import nearest, top
from crmlab.seeds import generator

LINES = [
    # customer, day, basket, item: times out of order, an item twice in a basket, a basket over two moments
    ("b", 9, "b2", "x"),
    ("a", 5, "a1", "y"),
    ("a", 6, "a1", "x"),
    ("b", 2, "b1", "z"),
    ("b", 2, "b1", "z"),
    ("a", 1, "a0", "y"),
    ("b", 9, "b3", "y"),  # at the moment of b2, named after it
]


@pytest.fixture
def purchases() -> Purchases:
    return purchases_of(_frame(LINES))


def _frame(lines) -> pd.DataFrame:
    frame = pd.DataFrame(lines, columns=["customer", "at", "basket", "item"])
    frame["at"] = pd.Timestamp("2024-01-01") + pd.to_timedelta(frame["at"], unit="D")
    return frame.astype({"customer": "str", "basket": "str", "item": "str"})


def test_baskets_are_numbered_in_time(purchases):
    assert purchases.customers.tolist() == ["a", "b"]
    assert purchases.items.tolist() == ["x", "y", "z"]
    assert purchases.baskets.tolist() == [2, 3]
    assert purchases.counts.toarray().tolist() == [[1, 2, 0], [1, 1, 1]]
    assert purchases.last().toarray().tolist() == [[1, 1, 0], [0, 1, 0]]
    assert purchases.summed(0.5**purchases.age).toarray().tolist() == [[1, 1.5, 0], [0.5, 1, 0.25]]
    assert purchases.popularity.tolist() == [2, 3, 1]
    assert purchases.buyers.tolist() == [2, 2, 1]
    assert purchases.held.toarray().tolist() == [[0, 1, 0], [1, 1, 0], [0, 0, 1], [1, 0, 0], [0, 1, 0]]


def test_without_the_last_basket_the_one_before_is_the_last(purchases):
    earlier = purchases.without_last()
    assert earlier.baskets.tolist() == [1, 2]
    assert earlier.last().toarray().tolist() == [[0, 1, 0], [1, 0, 0]]
    assert earlier.without_last().without_last().baskets.tolist() == [0, 0]


def test_customers_are_taken_in_the_order_asked_for_and_strangers_bought_nothing(purchases):
    taken = purchases.of(np.array(["b", "stranger", "a"]))
    assert taken.counts.toarray().tolist() == [[1, 1, 1], [0, 0, 0], [1, 2, 0]]
    assert taken.baskets.tolist() == [3, 0, 2]


def test_items_that_are_not_asked_for_are_left_out_and_their_baskets_count():
    found = purchases_of(_frame(LINES), items=np.array(["w", "y"]))
    assert found.counts.toarray().tolist() == [[0, 2], [0, 1]]
    assert found.baskets.tolist() == [2, 3]
    assert found.age.tolist() == [1, 0, 0]


def test_equal_scores_are_ordered_by_popularity_and_then_by_name():
    popularity = np.array([1.0, 3.0, 3.0, 2.0])
    scores = np.array([[0.0, 0, 0, 0], [5, 0, -np.inf, 0], [-np.inf] * 4])
    assert top(scores, popularity, 3).tolist() == [[1, 2, 3], [0, 1, 3], [-1, -1, -1]]
    assert top(scores, popularity, 6)[1].tolist() == [0, 1, 3, -1, -1, -1]


def test_a_long_row_is_ranked_as_a_short_one():
    rng = generator(1, "top")
    scores = rng.integers(0, 12, (50, 300)).astype(float)
    popularity = rng.integers(0, 5, 300).astype(float)
    found = top(scores, popularity, 20)
    for row, values in zip(found, scores, strict=True):
        assert row.tolist() == np.lexsort((np.arange(300), -popularity, -values))[:20].tolist()


def test_the_nearest_of_each_row_are_kept():
    from scipy import sparse

    matrix = sparse.csr_array(np.array([[0, 3, 1, 3, 2], [0, 0, 0, 0, 0], [1, 0, 0, 0, 4.0]]))
    assert nearest(matrix, 2).toarray().tolist() == [[0, 3, 0, 3, 0], [0] * 5, [1, 0, 0, 0, 4]]
    assert nearest(matrix, 1).toarray().tolist() == [[0, 3, 0, 0, 0], [0] * 5, [0, 0, 0, 0, 4]]


def test_a_mean_of_neighbours_leaves_out_who_is_barred():
    from scipy import sparse

    known = sparse.csr_array(np.array([[0.0, 0], [1, 0], [0, 2], [9, 9]]))
    barred = sparse.csr_array(np.array([[True, False, False, False]]))
    asked = sparse.csr_array(np.array([[0.0, 0]]))
    assert neighbour_means(asked, known, barred, count=2).tolist() == [[0.5, 1.0]]
    assert neighbour_means(asked, known, barred, count=9) == pytest.approx(np.array([[10 / 3, 11 / 3]]))


def test_copies_of_a_bootstrap_sample_are_one_person():
    assert persons(np.array(["c1", "c1#2", "c1#13", "#4x", "c#d"])).tolist() == [
        "c1",
        "c1",
        "c1",
        "#4x",
        "c#d",
    ]
