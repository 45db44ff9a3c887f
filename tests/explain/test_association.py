"""Association: hand-computed values of each pair of kinds, and the groups that follow."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from crmlab.explain.association import association, groups
from crmlab.seeds import generator


def two(a: object, b: object) -> float:
    """Return the association of two columns."""
    return association(pd.DataFrame({"a": a, "b": b})).loc["a", "b"]


def test_two_numbers_by_hand():
    # Spearman: squared rank differences 1, 1, 1, 1, 0, so 1 − 6 · 4 / (5 · 24) = .8; the sign is dropped
    assert two([1.0, 2, 3, 4, 5], [2.0, 1, 4, 3, 5]) == pytest.approx(0.8)
    assert two([1.0, 2, 3, 4, 5], [5.0, 3, 4, 1, 2]) == pytest.approx(0.8)


def test_two_texts_by_hand():
    # the table [[30, 10], [10, 30]]: chi² = 80 · (900 − 100)² / 40⁴ = 20, V = √(20 / 80) = .5
    first = ["x"] * 40 + ["y"] * 40
    assert two(first, ["u"] * 30 + ["v"] * 10 + ["u"] * 10 + ["v"] * 30) == pytest.approx(0.5)
    # three levels against two that they decide: V = 1
    assert two(["p", "q", "r"] * 5, ["s", "s", "t"] * 5) == pytest.approx(1.0)


def test_a_number_and_a_text_by_hand():
    # ranks 1, 2 | 3, 4: between the levels 4 of the total sum of squares 5, the root of .8
    assert two([10.0, 20, 30, 40], ["a", "a", "b", "b"]) == pytest.approx(np.sqrt(0.8))


def test_a_missing_value_says_something_and_a_constant_nothing():
    # that pdays is missing says the same as that there was no earlier campaign
    assert two([np.nan, np.nan, 3.0, 3.0], ["none", "none", "won", "won"]) == pytest.approx(1.0)
    assert two([1.0, 1, 1, 1], ["a", "a", "b", "b"]) == 0.0
    assert two([1.0, 2, 3, 4], ["a", "a", "a", "a"]) == 0.0


def test_groups_are_linked_directly_or_through_others():
    rng = generator(1, "groups")
    a = rng.normal(size=9000)
    b = a + rng.normal(0, 0.7, 9000)
    frame = pd.DataFrame(
        {"alone": rng.normal(size=9000), "a": a, "b": b, "c": b + rng.normal(0, 0.9, 9000), "k": 1.0}
    )
    assert association(frame).loc["a", "c"] < 0.7
    assert groups(frame, rng=generator(1, "sample")) == [["a", "b", "c"]]
    assert groups(frame[["alone", "a"]], rng=generator(1, "sample")) == []
