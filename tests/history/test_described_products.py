"""Described products: what a shop's tables say of them, and when each was first sold."""

from __future__ import annotations

import ibis
import pandas as pd
import pytest

from crmlab import store
from crmlab.data.cleaning import Rules, flag
from crmlab.data.tables import canonical
from crmlab.errors import NotApplicable
from crmlab.history.described_products import described_products, sold_lines


def tables(products: bool) -> dict:
    """Return a shop with three products, of which one is spelt in two ways and one is given back only."""
    frame = pd.DataFrame(
        {
            "line_id": list("1234567"),
            "order_id": ["o1", "o1", "o2", "Co3", "o4", "o5", "o6"],
            "customer": pd.array(["k", "k", None, "k", "l", "l", "l"], "str"),
            "timestamp": pd.to_datetime(["2024-01-0" + d for d in "1123456"]),
            "product": ["10a", "20", "10A", "30", "20", "40", "50"],
            "quantity": [1, 2, 1, -1, 1, 1, 1],
            "unit_price": [3.0, 2.0, 4.0, 9.0, 2.5, 7.0, 0.0],
            "amount": [3.0, 4.0, 4.0, -9.0, 2.5, 7.0, 0.0],
            "description": [None, "Mug", "Lamp", "Bowl", "Mug, blue", "Vase", "a gift"],
        }
    )
    frames = {"transactions": flag(frame, Rules(cancellation_prefix="C"))}
    if products:
        known = {"product": ["20", "10A"], "category": ["cups", "light"], "unit_price": [2.2, None]}
        frames["products"] = pd.DataFrame(known)
    return {name: ibis.memtable(canonical(name, f)) for name, f in frames.items()}


def described(products: bool) -> pd.DataFrame:
    """Return the described products of the shop, by item."""
    known, connection = tables(products), store.engine()
    lines = sold_lines(known, connection)
    return described_products(lines, known, connection).set_index("item")


def test_lines_sold_count_who_has_no_account_and_read_codes_in_capitals():
    lines = sold_lines(tables(False), store.engine())
    assert lines["item"].tolist() == ["10A", "20", "10A", "20", "40"]
    assert lines["customer"].isna().tolist() == [False, False, True, False, False]
    assert lines["amount"].sum() == 20.5


def test_the_first_sale_describes_a_product_where_no_table_does():
    found = described(False)
    assert found.index.tolist() == ["10A", "20", "40"]
    assert found.loc["10A", "first_sold"] == pd.Timestamp("2024-01-01")
    assert found["description"].tolist() == ["Lamp", "Mug", "Vase"]
    assert found["price"].tolist() == [3.0, 2.0, 7.0]
    assert found["category"].isna().all()


def test_the_table_of_products_comes_first():
    found = described(True)
    assert found["category"].tolist()[:2] == ["light", "cups"]
    assert pd.isna(found.loc["40", "category"])
    assert found["price"].tolist() == [3.0, 2.2, 7.0]


def test_without_transactions_nothing_is_sold():
    with pytest.raises(NotApplicable, match="no transactions"):
        sold_lines({}, store.engine())
