"""Up-selling: a shop worked out by hand, and what is no alternative."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from crmlab.errors import NotApplicable
from crmlab.findings.associations import up_sell

PRODUCTS = pd.DataFrame(
    {
        "item": ["basic", "better", "dear", "milk", "saucer"],
        "category": ["tea", "tea", "tea", "dairy", "tea"],
        "price": [4.0, 6.0, 9.0, 5.0, 5.0],
        "cost": [3.0, 3.5, 5.0, 1.0, 2.0],
    }
)


def shop() -> pd.DataFrame:
    """Return lines: of 20 who bought basic twice 12 then bought better; a saucer stands in the second."""
    rows = []
    for number in range(20):
        then = "better" if number < 12 else "basic"
        for day, items in enumerate((["basic", "milk"], ["basic", "saucer"], [then], ["milk"])):
            at = pd.Timestamp("2024-01-01") + pd.Timedelta(days=10 * day)
            rows += [(f"k{number:02d}", f"k{number:02d}-{day}", at, item) for item in items]
    return pd.DataFrame(rows, columns=["customer", "basket", "at", "item"])


def test_the_chance_and_the_gain_are_worked_out_by_hand(keeps_contract):
    found = up_sell.find(shop(), PRODUCTS)
    keeps_contract(found)
    (row,) = found.table[found.table["product"] == "basic"].itertuples()
    # after basic come: basic and saucer (20 each), then better (12) or basic (8): 60 purchases of tea
    assert (row.alternative, row.known, row.taken) == ("better", 60, 12)
    assert row.chance == pytest.approx(0.2)
    assert row.stays == pytest.approx(28 / 60)
    assert (row.margin, row.other_margin) == (1.0, 2.5)
    assert row.gain == pytest.approx(0.2 * 1.5)
    assert row.customers == 12
    assert row.lower < 0.2 < row.upper
    assert found.share is None
    assert "which earns 1.50 more: 0.300 expected per customer." in found.sentences[1]


def test_a_complement_is_no_alternative():
    # basic and saucer stand in one basket of each customer: n_x n_y / N = 2 · 1 / 4 by chance for most
    found = up_sell.find(shop(), PRODUCTS).table
    assert "saucer" not in found.loc[found["product"] == "basic", "alternative"].tolist()
    apart = shop()
    apart["basket"] = np.where(apart["item"] == "saucer", apart["basket"] + "b", apart["basket"])
    found = up_sell.find(apart, PRODUCTS).table.set_index(["product", "alternative"])
    assert found.loc[("basic", "saucer"), "together"] == 0


def test_without_costs_the_margin_is_assumed_and_says_so():
    found = up_sell.find(shop(), PRODUCTS.drop(columns="cost"), margin_share=0.5)
    (row,) = found.table[found.table["product"] == "basic"].itertuples()
    assert row.gain == pytest.approx(0.2 * 1.0)
    assert "assumed: 50% of the price" in found.sentences[0]


@pytest.mark.parametrize(
    ("products", "reason"),
    [
        (PRODUCTS.drop(columns="category"), "without categories"),
        (PRODUCTS.assign(price=np.nan), "no known customer bought a product with a category and a price"),
        (PRODUCTS.assign(category=PRODUCTS["item"]), "no product has an alternative"),
    ],
)
def test_where_there_is_none_it_says_why(products, reason):
    with pytest.raises(NotApplicable, match=reason):
        up_sell.find(shop(), products)
