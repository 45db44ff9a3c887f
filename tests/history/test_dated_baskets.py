"""Dated baskets: what was bought together, without returns, fees and unknown customers."""

from __future__ import annotations

import ibis
import pandas as pd
import pytest

from crmlab import store
from crmlab.data.cleaning import Rules, flag
from crmlab.data.tables import canonical
from crmlab.errors import NotApplicable, UsageError
from crmlab.history.dated_baskets import COLUMNS, dated_baskets, of_tables

LINES = [
    ("1", "o1", "A", "2024-01-02 10:00", "p1", 2, 5.0),
    ("2", "o1", "A", "2024-01-02 10:01", "p2", 1, 7.0),
    ("3", "o1", "A", "2024-01-02 10:02", "p1", 1, 5.0),
    ("4", "o1", "A", "2024-01-02 10:00", "POST", 1, 3.0),
    ("5", "C2", "A", "2024-01-09 09:00", "p2", -1, 7.0),
    ("6", "o3", None, "2024-01-03 09:00", "p1", 1, 5.0),
    ("7", "o4", "B", "2024-01-01 09:00", "p3", 1, 9.0),
]


def tables(*, products=True):
    """Return canonical tables of three orders and a return."""
    names = ["line_id", "order_id", "customer", "timestamp", "product", "quantity", "unit_price"]
    lines = pd.DataFrame(LINES, columns=names)
    lines["timestamp"] = pd.to_datetime(lines["timestamp"])
    lines["amount"] = lines["quantity"] * lines["unit_price"]
    made = {"transactions": flag(lines, Rules(cancellation_prefix="C", merchandise=r"p\d"))}
    if products:
        made["products"] = pd.DataFrame({"product": ["p1", "p2", "p3"], "category": ["toys", "toys", None]})
    return {name: ibis.memtable(canonical(name, frame)) for name, frame in made.items()}


def rows(by, **which):
    """Return the baskets as a frame in order."""
    found = of_tables(tables(**which), by=by, named="small")
    frame = store.engine().to_pyarrow(found).to_pandas()[list(COLUMNS)]
    return frame.sort_values(["at", "item"], ignore_index=True)


def test_an_item_counts_once_a_basket_and_returns_take_back_money():
    found = rows("product")
    assert found["customer"].tolist() == ["B", "A", "A"]
    assert found["item"].tolist() == ["p3", "p1", "p2"]
    assert found["basket"].tolist() == ["o4", "o1", "o1"]
    assert found["at"].tolist()[1:] == [pd.Timestamp("2024-01-02 10:00")] * 2
    assert found["amount"].tolist() == [9.0, 15.0, 0.0]


def test_by_category_products_without_one_are_left_out():
    found = rows("category")
    assert found["item"].tolist() == ["toys"]
    assert found["basket"].tolist() == ["o1"]


def test_it_says_why_it_does_not_apply():
    with pytest.raises(NotApplicable, match="'small' has no table of products, so no categories"):
        rows("category", products=False)
    with pytest.raises(NotApplicable, match="no transactions"):
        of_tables({}, by="product", named="small")
    with pytest.raises(UsageError, match="baskets by 'shelf'"):
        dated_baskets("demo_shop", by="shelf")
