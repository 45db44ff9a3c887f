"""Rules out of time: planted ones survive, shuffled baskets have none, and money is what it says."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from crmlab.errors import NotApplicable
from crmlab.explain.basket_coding import coded, halves, weeks
from crmlab.findings.associations import product_rules
from crmlab.maths.mining import swaps


def survivors(found):
    """Return the pairs that survive."""
    return {
        frozenset(items) for items in found.table.loc[found.table["survives"], "items"] if len(items) == 2
    }


@pytest.fixture(scope="module")
def found(shop):
    """The rules of the shop."""
    return product_rules.find(shop, support=0.002)


def test_planted_rules_survive_and_little_else(found, keeps_contract):
    keeps_contract(found)
    kept = survivors(found)
    assert {frozenset(("p20", "p21")), frozenset(("p22", "p23"))} <= kept
    assert len(kept) <= 3
    assert found.naive[0] > 10 * len(kept)
    assert found.naive[1] > 0.5 * found.naive[0], "shuffled baskets propose nearly as many"
    top = found.table.iloc[0]
    assert top["lower"] < top["lift_over_null"] < top["upper"]
    assert top["expected"] < top["count"]
    assert found.sentences[2].count("times") == 2


def test_measures_are_those_of_the_second_window(found, shop):
    cut = halves(coded(shop), None)[1].at[0]
    later = shop[shop["at"] >= cut]
    held = later.groupby("basket")["item"].agg(set)
    row = found.table[(found.table["antecedent"] == "p20") & (found.table["consequent"] == "p21")].iloc[0]
    both = held.map(lambda s: {"p20", "p21"} <= s)
    assert row["count"] == both.sum()
    assert row["confidence"] == pytest.approx(both.sum() / held.map(lambda s: "p20" in s).sum())
    paid = later[later["basket"].isin(held.index[both]) & (later["item"] == "p21")]["amount"].sum()
    assert row["money"] == pytest.approx(paid * (1 - row["expected"] / row["count"]))
    assert row["customers"] == later[later["basket"].isin(held.index[both])]["customer"].nunique()


def test_nothing_survives_in_shuffled_baskets(shop):
    made = coded(shop)
    (world,) = swaps.worlds(made.baskets, 1, seed=9)
    names = shop.drop_duplicates("basket").sort_values("at", kind="stable")
    lines = names.iloc[world.basket][["customer", "basket", "at"]].assign(item=made.items[world.item])
    found = product_rules.find(lines, support=0.002, worlds=39)
    assert not found.table["survives"].any()
    assert "None of" in found.sentences[1]
    assert found.table["money"].isna().all()
    assert found.head().empty


def test_baskets_without_time_and_customer(shop):
    found = product_rules.find(shop[["basket", "item"]], support=0.002, worlds=39)
    assert found.nulls == ("free",)
    assert frozenset(("p20", "p21")) in survivors(found)
    assert "1,600 baskets" in found.sentences[0]


def test_the_order_of_lines_changes_nothing(shop, found):
    mixed = shop.sample(frac=1, random_state=1)
    again = product_rules.find(mixed.sort_values(["at", "basket"]), support=0.002)
    assert again.sentences == found.sentences


def test_within_the_customer(shop):
    found = product_rules.find(shop, support=0.002, nulls=("customer",), worlds=39)
    assert frozenset(("p20", "p21")) in survivors(found)


def test_it_says_why_it_does_not_apply():
    one = pd.DataFrame({"basket": ["a", "a"], "item": ["x", "y"]})
    with pytest.raises(NotApplicable, match="fewer than two baskets"):
        product_rules.find(one)
    with pytest.raises(NotApplicable, match="fewer than two baskets"):
        product_rules.find(one.iloc[:0])
    apart = pd.DataFrame({"basket": list("abcd"), "item": list("xyzx")})
    with pytest.raises(NotApplicable, match="no rule has a support of"):
        product_rules.find(apart)
    same = apart.assign(at=pd.Timestamp("2024-01-01"))
    with pytest.raises(NotApplicable, match="two windows"):
        product_rules.find(same)


def test_weeks_begin_on_monday():
    days = np.array(["2024-01-03", "2024-01-07", "2024-01-08", "2024-01-15"], dtype="datetime64[us]")
    assert weeks(days).tolist() == [0, 0, 1, 2]
