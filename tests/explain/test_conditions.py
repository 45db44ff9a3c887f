"""Conditions: the text says exactly what holds, and short limits part the train rows as the long ones."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crmlab.explain.conditions import Condition, between, holding, missing_only, plain, short, text_of

ROWS = pd.DataFrame(
    {
        "pages": [1.0, 12.0, np.nan, 30.0],
        "carted": [0.0, 1.0, 1.0, 0.0],
        "channel": pd.Series(["app", "web", None, "shop"], dtype="str"),
    }
)


@pytest.mark.parametrize(
    ("condition", "text", "rows"),
    [
        (Condition("pages", lower=12), "pages >= 12", [1, 3]),
        (Condition("pages", upper=12), "pages < 12", [0]),
        (Condition("pages", lower=2, upper=30), "2 <= pages < 30", [1]),
        (Condition("pages", upper=12, unknown=True), "(pages < 12 or unknown)", [0, 2]),
        (Condition("pages"), "pages known", [0, 1, 3]),
        (missing_only("pages"), "pages unknown", [2]),
        (between(ROWS["carted"], 0.5, np.inf), "carted = 1", [1, 2]),
        (between(ROWS["carted"], -np.inf, 0.5), "carted = 0", [0, 3]),
        (Condition("channel", levels=("app", "shop")), "channel = app or shop", [0, 3]),
        (Condition("channel", levels=("app",), without=True), "channel is not app", [1, 2, 3]),
        (Condition("channel", levels=("(missing)",)), "channel unknown", [2]),
        (Condition("channel", levels=("(missing)",), without=True), "channel known", [0, 1, 3]),
        (Condition("channel", levels=("web", "(missing)")), "channel = web or unknown", [1, 2]),
    ],
)
def test_the_text_says_what_holds(condition, text, rows):
    assert condition.text == text
    assert np.flatnonzero(condition.holds(ROWS)).tolist() == rows


def test_a_level_never_seen_meets_only_what_it_is_not():
    new = pd.DataFrame({"channel": ["fax"]})
    assert Condition("channel", levels=("app",), without=True).holds(new).tolist() == [True]
    assert Condition("channel", levels=("app",)).holds(new).tolist() == [False]


def test_all_conditions_hold_together():
    both = (Condition("pages", lower=2), Condition("channel", levels=("web",)))
    assert text_of(both) == "pages >= 2 and channel = web"
    assert np.flatnonzero(holding(both, ROWS)).tolist() == [1]


def test_limits_are_short():
    whole = np.array([9.0, 12.0])
    assert plain(short(10.5, whole)) == "10"
    assert plain(short(11.5, np.array([11.0, 12.0]))) == "12"
    assert plain(short(0.12345678, np.array([0.1, 0.2]))) == "0.2"


numbers = st.floats(-1e6, 1e6).map(lambda x: round(x, 4))


@given(values=st.lists(numbers, min_size=1, max_size=30), cut=numbers)
def test_a_short_limit_parts_the_train_rows_as_the_long_one(values, cut):
    known = np.unique(values)
    found = short(cut, known)
    assert ((known >= found) == (known >= cut)).all()
    # what is written is what is compared with
    assert float(plain(found)) == pytest.approx(found, abs=1e-9)
