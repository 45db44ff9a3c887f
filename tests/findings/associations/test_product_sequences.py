"""Successions: the planted one survives both nulls, a season survives one of them only."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from crmlab.errors import NotApplicable, UsageError
from crmlab.explain.basket_coding import coded
from crmlab.findings.associations import product_sequences
from crmlab.maths.mining import orders


def kept(found):
    """Return the successions that survive."""
    table = found.table[found.table["survives"]]
    return set(zip(table["first"], table["then"], strict=True))


def test_the_planted_succession_survives_and_no_other(shop, keeps_contract):
    found = product_sequences.find(shop, worlds=39)
    keeps_contract(found)
    assert kept(found) == {("p30", "p31")}
    row = found.table.iloc[0]
    by_hand = shop.groupby("basket").agg(
        customer=("customer", "first"), at=("at", "first"), held=("item", frozenset)
    )
    by_hand = by_hand.sort_values("at", kind="stable")
    nxt = by_hand.groupby("customer")["held"].shift(-1)
    both = by_hand["held"].map(lambda s: "p30" in s) & nxt.map(
        lambda s: isinstance(s, frozenset) and "p31" in s
    )
    assert row["customers"] == by_hand.loc[both, "customer"].nunique()
    assert "p30, then p31" in found.sentences[2]
    assert list(found.head().index) == ["p30, then p31"]


@pytest.mark.slow
def test_swaps_find_it_where_customers_come_often(make_shop):
    """In a shop where few buy the same item in the same week swaps move little, and find nothing."""
    often = make_shop(2, customers=150, baskets=60, products=34)
    found = product_sequences.find(often, calendar="swaps", worlds=39)
    assert kept(found) == {("p30", "p31")}
    assert "swaps over four baskets" in found.sentences[1]


def test_the_default_finds_it_among_any_later_baskets_too(shop):
    found = product_sequences.find(shop, ahead=None, worlds=39)
    assert kept(found) <= {("p30", "p31")}
    assert "any later basket" in found.sentences[0]


def test_a_season_is_no_succession():
    """Flour sells in the first half of the year and eggs in the second, to the same customers."""
    rng = np.random.default_rng(1)
    rows = []
    for customer in range(500):
        for number, day in enumerate(np.sort(rng.choice(364, 5, replace=False))):
            item = "flour" if day < 182 else "eggs"
            extra = [f"x{i}" for i in rng.choice(12, 2, replace=False)]
            rows += [(customer, f"{customer}-{number}", day, i) for i in [item, *extra] if rng.random() < 0.7]
    lines = pd.DataFrame(rows, columns=["customer", "basket", "day", "item"])
    lines["at"] = pd.Timestamp("2024-01-01") + pd.to_timedelta(lines["day"], unit="D")
    found = product_sequences.find(lines, ahead=None, worlds=39)
    row = found.table[(found.table["first"] == "flour") & (found.table["then"] == "eggs")].iloc[0]
    assert row["p_order"] <= 0.05 < row["p_calendar"]
    assert kept(found) == set()
    assert found.beyond["order"] >= 1


def test_nothing_survives_where_the_order_is_by_lot(shop):
    made = coded(shop)
    (world,) = orders.permuted(made.baskets, 1, seed=4)
    first = shop.drop_duplicates("basket").sort_values("at", kind="stable")
    lines = first.iloc[world.basket][["customer", "basket", "at"]].assign(item=made.items[world.item])
    assert kept(product_sequences.find(lines, worlds=39)) == set()


def test_it_says_why_it_does_not_apply(shop):
    with pytest.raises(NotApplicable, match="without dates and customers"):
        product_sequences.find(shop[["basket", "item"]])
    with pytest.raises(NotApplicable, match="no succession of two items"):
        product_sequences.find(shop.drop_duplicates("customer").head(3), worlds=3)
    with pytest.raises(UsageError, match="calendar = 'moon'"):
        product_sequences.find(shop, calendar="moon")
