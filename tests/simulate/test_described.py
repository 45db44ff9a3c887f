"""A shop with words and new products: off it changes nothing, on it plants what it says."""

from __future__ import annotations

import pandas as pd
import pytest

from crmlab.simulate.described import THEMES, with_words

LAUNCHED = pd.Timestamp("2024-07-01")


@pytest.fixture(scope="module")
def worded(shop):
    """Return the default shop with words and a fifth of its products new."""
    return with_words(shop, launched=LAUNCHED, word_strength=1.5, new_share=0.2, seed=1)


def test_off_it_is_the_shop_that_it_was(shop):
    assert with_words(shop, launched=LAUNCHED, seed=1) is shop


def test_new_products_are_not_sold_before_their_day(shop, worded):
    lines, new = worded.tables["transactions"], worded.truth["new"]["product"]
    assert len(new) == 32
    sold = lines[lines["product"].isin(new)]
    assert sold["timestamp"].min() >= LAUNCHED
    assert sold["product"].nunique() > 25


def test_what_lines_cost_and_their_categories_stay(shop, worded):
    before, after = (made.tables["transactions"] for made in (shop, worded))
    pd.testing.assert_series_equal(before["amount"], after["amount"])
    category = shop.tables["products"].set_index("product")["category"]
    assert (before["product"].map(category) == after["product"].map(category)).all()


def test_customers_buy_the_words_that_they_like_again(shop, worded):
    def again(made) -> float:
        """Return how often two neighbouring lines of a customer share a theme."""
        texts = made.tables["products"].set_index("product")["description"]
        words = texts.map(lambda text: {*text.split()} & {*THEMES})
        lines = made.tables["transactions"].dropna(subset="customer").sort_values(["customer", "timestamp"])
        held = lines["product"].map(words).tolist()
        same = (lines["customer"] == lines["customer"].shift(-1)).tolist()
        shared = [bool(a & b) for a, b, one in zip(held, held[1:], same, strict=False) if one]
        return sum(shared) / len(shared)

    none = with_words(shop, launched=LAUNCHED, word_strength=0.0, new_share=0.2, seed=1)
    assert again(worded) > again(none) + 0.1
