"""Content: vectors of products, likeness, and what a list finds, against hand-computed values."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from crmlab.maths.next_basket.content import Content, found_at, likeness, path_steps, profiles


def described(*rows) -> pd.DataFrame:
    """Return products of (category, price, description)."""
    frame = pd.DataFrame(rows, columns=["category", "price", "description"])
    return frame.astype({"category": "str", "price": "float64", "description": "str"})


def alike(weights, *rows) -> np.ndarray:
    """Return the likeness of products among each other."""
    products = described(*rows)
    vectors = Content(weights).fit(products).vectors(products)
    return (vectors @ vectors.T).toarray()


def test_steps_of_a_path():
    assert path_steps("home > tea > cups") == ["home", "home > tea", "home > tea > cups"]
    assert path_steps(None) == path_steps("") == []


def test_categories_are_alike_by_the_steps_they_share():
    # two of three steps in common: 2 / √(3 · 3); one of three against one of one: 1 / √3
    found = alike(
        (1, 0, 0), ("a > b > c", 1, ""), ("a > b > d", 1, ""), ("a", 1, ""), ("z", 1, ""), (None, 1, "")
    )
    assert found[0] == pytest.approx([1, 2 / 3, 1 / np.sqrt(3), 0, 0])
    assert found[4].tolist() == [0] * 5


def test_neighbouring_price_bands_are_half_as_alike():
    # bands of half an octave: 8 and 9 in one, 12 in the next, 17 in the one after; vectors (1, ½, ½) / √1.5
    found = alike((0, 1, 0), *((None, price, "") for price in (8, 9, 12, 17, 200, None, 0)))
    assert found[0] == pytest.approx([1, 1, (0.5 + 0.5) / 1.5, 0.25 / 1.5, 0, 0, 0])


def test_words_by_tf_idf():
    # idf = ln((1 + n) / (1 + df)) + 1 (scikit-learn): lamp in 2 of 3, red and blue in 1
    common, rare = np.log(4 / 3) + 1, np.log(4 / 2) + 1
    found = alike((0, 0, 1), (None, None, "Red LAMP 12"), (None, None, "blue lamp"), (None, None, "x 7"))
    assert found[0, 1] == pytest.approx(common**2 / (common**2 + rare**2))
    assert found[2].tolist() == [0, 0, 0]


def test_likeness_is_the_weighted_mean_of_the_parts():
    rows = [("a > b", 8, "red lamp"), ("a > c", 12, "blue lamp")]
    parts = [alike(weights, *rows)[0, 1] for weights in ((1, 0, 0), (0, 1, 0), (0, 0, 1))]
    found = alike((1, 2, 3), *rows)[0, 1]
    assert found == pytest.approx((parts[0] + 2 * parts[1] + 3 * parts[2]) / 6)


def test_nothing_but_prices_is_enough():
    products = described((None, 8, None), (None, 9, None))
    vectors = Content().fit(products).vectors(products)
    assert (vectors @ vectors.T).toarray() == pytest.approx(np.ones((2, 2)))


def test_a_customer_is_the_mean_of_what_she_bought():
    vectors = sparse.csr_array(np.array([[1.0, 0.0], [0.0, 1.0]]))
    counts = sparse.csr_array(np.array([[3.0, 4.0], [0.0, 1.0], [0.0, 0.0]]))
    profile = profiles(counts, vectors)
    np.testing.assert_allclose(profile.toarray(), [[0.6, 0.8], [0, 1], [0, 0]])
    np.testing.assert_allclose(likeness(profile, vectors), [[0.6, 0.8], [0, 1], [0, 0]])


def test_what_is_found_takes_ties_at_random():
    scores = np.array([[3.0, 2.0, 2.0, 1.0], [0.0, 0.0, 0.0, 0.0], [1.0, 2.0, 3.0, 4.0]])
    truth = np.array([[True, True, False, False], [True, False, False, True], [False] * 4])
    # first: one surely, one of two on the last place; second: two of four on four places by chance
    np.testing.assert_allclose(found_at(scores, truth, 2), [0.75, 0.5, np.nan])
