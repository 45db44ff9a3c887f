"""Baskets as numbers: each item once, in order, whatever the order of the lines."""

from __future__ import annotations

import numpy as np
import pytest

from crmlab.errors import DataError
from crmlab.maths.mining.baskets import baskets_of, baskets_of_lists


def lists(baskets):
    """Return the items of each basket."""
    return [baskets.item[a:b].tolist() for a, b in zip(baskets.start[:-1], baskets.start[1:], strict=True)]


def test_an_item_counts_once_and_an_empty_basket_stays():
    made = baskets_of(np.array([2, 0, 2, 2]), np.array([1, 3, 0, 1]), n=3, m=4)
    assert lists(made) == [[3], [], [0, 1]]
    assert made.sizes.tolist() == [1, 0, 2]
    assert made.basket.tolist() == [0, 2, 2]
    assert made.counts.tolist() == [1, 1, 0, 1]


def test_some_items_are_numbered_anew():
    made = baskets_of_lists([[0, 2, 3], [1], [2, 3]]).only(np.array([2, 3]))
    assert lists(made) == [[0, 1], [], [0, 1]]
    assert made.m == 2


def test_some_baskets_keep_their_owner_and_week():
    made = baskets_of(
        np.arange(3), np.arange(3), n=3, m=3, customer=np.array([5, 6, 7]), week=np.array([1, 1, 2])
    )
    kept = made.taken(np.array([True, False, True]))
    assert lists(kept) == [[0], [2]]
    assert kept.customer.tolist() == [5, 7]
    assert kept.week.tolist() == [1, 2]
    assert lists(made.taken(np.array([2, 0]))) == [[2], [0]]


def test_what_cannot_be_is_refused():
    with pytest.raises(DataError, match="give each line both"):
        baskets_of(np.array([0]), np.array([0, 1]), n=1, m=2)
    with pytest.raises(DataError, match="item numbers go from 0 to 2, not from 0 to 1"):
        baskets_of(np.array([0, 0]), np.array([0, 2]), n=1, m=2)
