"""The book of purchases groups by sorting whole numbers."""

import numpy as np
import pytest

from crmlab.history.ledger.purchases import _orders, changes, in_order


@pytest.mark.parametrize("large", [1, 2**40])
def test_rows_come_by_the_first_column_then_by_the_next_whatever_their_size(large):
    rng = np.random.default_rng(3)
    columns = [rng.integers(-5, 5, 300) * large, rng.integers(-9, 9, 300) * large, np.arange(300)]
    found = in_order(*columns)
    assert list(zip(*found, strict=True)) == sorted(zip(*columns, strict=True))


def test_no_rows_have_an_order_too():
    none = np.array([], np.int64)
    assert [len(column) for column in in_order(none, none)] == [0, 0]
    assert changes(none, none).tolist() == []


def test_where_rows_change():
    assert changes(np.array([1, 1, 1, 2]), np.array([5, 5, 6, 6])).tolist() == [True, False, True, True]


def test_an_order_of_two_customers_is_two_orders():
    code, order = np.array([0, 0, 1, 1, 1]), np.array([0, 1, 1, 1, 2])
    assert len(np.unique(_orders(code, order))) == 4
    assert _orders(code, np.array([3, 3, 0, 0, 1])).tolist() == [3, 3, 0, 0, 1]
