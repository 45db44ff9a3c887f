"""Which rows train and which test."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crmlab.errors import UsageError
from crmlab.folds import chronological, cross_validation, rolling
from crmlab.windows import Window


def windows(*days: str, horizon: int = 30, gap: int = 0) -> list[Window]:
    return [Window(dt.datetime.fromisoformat(d), horizon, gap) for d in days]


def part(folds, number: int, name: str) -> set[int]:
    frame = folds.frame
    return set(frame.loc[(frame["fold"] == number) & (frame["part"] == name), "row_id"])


ORIGINS = pd.Series(pd.to_datetime(["2024-01-01", "2024-01-31", "2024-02-01", "2024-03-01", "2024-03-01"]))


def test_rolling_trains_on_labels_known_by_the_test_cutoff():
    train = windows("2024-01-01", "2024-01-31", "2024-02-01")
    folds = rolling(ORIGINS, train=train, test=windows("2024-03-01"))
    # 2024-01-31 + 30 days = 2024-03-01 is known by then, 2024-02-01 + 30 days is not
    assert part(folds, 0, "train") == {0, 1}
    assert part(folds, 0, "test") == {3, 4}


def test_a_gap_counts_as_time_until_the_label_is_known():
    train = windows("2024-01-01", "2024-01-31", gap=1)
    assert part(rolling(ORIGINS, train=train, test=windows("2024-03-01", gap=1)), 0, "train") == {0}


def test_refits_repeat_the_last_window_only():
    folds = rolling(ORIGINS, train=[], test=windows("2024-02-01", "2024-03-01"), refits=3)
    assert [(f["fold"], f["window"], f["refit"]) for f in folds.facts] == [
        (0, 0, 0),
        (1, 1, 0),
        (2, 1, 1),
        (3, 1, 2),
    ]
    assert part(folds, 1, "test") == part(folds, 2, "test") == part(folds, 3, "test") == {3, 4}
    assert [f["n_train"] for f in folds.facts] == [0, 0, 0, 0]


def test_an_origin_without_customers_is_named():
    with pytest.raises(UsageError, match="test cutoff 2025-01-01"):
        rolling(ORIGINS, train=[], test=windows("2025-01-01"))


def test_chronological_never_cuts_a_period():
    folds = chronological(pd.Series([3, 1, 2, 2, 1]), train_share=0.6)
    assert part(folds, 0, "train") == {1, 4}
    assert part(folds, 0, "test") == {0, 2, 3}


@pytest.mark.parametrize(
    ("period", "share", "message"),
    [
        ([1, None], 0.5, "1 of 2 rows have no period"),
        ([1, 1], 0.5, "within the first period"),
        ([1, 2], 1.5, r"train_share = 1\.5"),
    ],
)
def test_chronological_says_what_is_wrong(period, share, message):
    with pytest.raises(UsageError, match=message):
        chronological(pd.Series(period), train_share=share)


@settings(max_examples=40, deadline=None)
@given(
    outcome=st.lists(st.integers(0, 1), min_size=20, max_size=60).filter(lambda y: 3 <= sum(y) <= len(y) - 3),
    folds=st.integers(2, 3),
    repeats=st.integers(1, 2),
)
def test_cross_validation_tests_every_row_once_per_repeat(outcome, folds, repeats):
    outcome = np.array(outcome)
    made = cross_validation(outcome, folds=folds, repeats=repeats, seed=1)
    assert len(made.facts) == folds * repeats
    tested = made.frame[made.frame["part"] == "test"]
    assert (tested.groupby("row_id").size() == repeats).all()
    ones = [outcome[list(part(made, f, "test"))].sum() for f in range(folds * repeats)]
    sizes = [f["n_test"] for f in made.facts]
    assert max(ones) - min(ones) <= 1
    assert max(sizes) - min(sizes) <= 1
    assert all(f["n_train"] + f["n_test"] == len(outcome) for f in made.facts)


def test_cross_validation_depends_on_its_seed_alone():
    outcome = np.arange(100) % 2
    first, again, other = (cross_validation(outcome, folds=5, repeats=2, seed=s).frame for s in (1, 1, 2))
    assert first.equals(again)
    assert not first.equals(other)


def test_too_few_of_a_class():
    with pytest.raises(UsageError, match="only 2 rows have the outcome 1"):
        cross_validation(np.array([0] * 9 + [1] * 2), folds=3, seed=1)


def test_refits_below_one():
    with pytest.raises(UsageError, match="refits = 0"):
        chronological(pd.Series([1, 2]), train_share=0.5, refits=0)
