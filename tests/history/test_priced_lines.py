"""Priced lines: what was paid for one unit, and what products usually cost."""

from __future__ import annotations

import ibis
import pandas as pd
import pytest

from crmlab import store
from crmlab.data.cleaning import Rules, flag
from crmlab.data.tables import canonical
from crmlab.errors import NotApplicable
from crmlab.history.priced_lines import of_tables


def transactions() -> ibis.Table:
    """Return four purchases, the third of an odd price, and one of who has no account."""
    frame = pd.DataFrame(
        {
            "line_id": list("12345"),
            "order_id": list("opqrs"),
            "customer": pd.array(["k", "l", "k", "l", None], "str"),
            "timestamp": pd.to_datetime(["2024-01-0" + d for d in "12345"]),
            "product": ["a", "a", "a", "b", "b"],
            "quantity": [2, 1, 1, 1, 1],
            "unit_price": [2.0, 3.0, 10.0, 5.0, 50.0],
            "amount": [4.0, 3.0, 10.0, 5.0, 50.0],
        }
    )
    return ibis.memtable(canonical("transactions", flag(frame, Rules())))


def test_the_usual_price_is_the_median_of_what_was_paid():
    tables = {"transactions": transactions()}
    known = pd.DataFrame({"product": ["a"], "category": ["tea"], "unit_cost": [1.5]})
    tables["products"] = ibis.memtable(canonical("products", known))
    lines, products = of_tables(tables, store.engine(), named="small")
    assert lines["price"].tolist() == [2.0, 3.0, 10.0, 5.0]
    assert products["item"].tolist() == ["a", "b"]
    assert products["price"].tolist() == [3.0, 5.0]
    assert products["cost"].tolist()[0] == 1.5
    assert products[["category", "cost"]].isna().iloc[1].all()


def test_without_transactions_there_are_no_prices():
    with pytest.raises(NotApplicable, match="'small' has no transactions"):
        of_tables({}, store.engine(), named="small")
