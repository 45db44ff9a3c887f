"""Which rows train and which test."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crmlab.errors import UsageError
from crmlab.history.windows import Window
from crmlab.problems.folds import blocks, chronological, cross_validation, rolling, stacked


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


def test_a_fold_is_a_window():
    folds = rolling(ORIGINS, train=[], test=windows("2024-02-01", "2024-03-01"))
    assert [(f["fold"], f["window"], f["n_train"]) for f in folds.facts] == [(0, 0, 0), (1, 1, 0)]


def test_an_origin_without_customers_is_named():
    with pytest.raises(UsageError, match="test cutoff 2025-01-01"):
        rolling(ORIGINS, train=[], test=windows("2025-01-01"))


def closed(*days: str, by: str) -> list[Window]:
    return [Window(w.cutoff, 30, 0, dt.datetime.fromisoformat(by)) for w in windows(*days)]


def test_stacked_origins_make_one_window():
    train, test = (
        closed("2024-01-01", "2024-01-31", by="2024-02-01"),
        closed("2024-02-01", "2024-03-01", by="2024-03-02"),
    )
    folds = stacked(ORIGINS, train=train, test=test)
    assert [(f["window"], f["cutoff"]) for f in folds.facts] == [(0, "2024-02-01")]
    assert part(folds, 0, "train") == {0, 1}
    assert part(folds, 0, "test") == {2, 3, 4}


def test_stacked_origins_refuse_labels_from_later():
    test = closed("2024-02-01", by="2024-03-02")
    with pytest.raises(UsageError, match="train cutoff 2024-01-31 is followed beyond 2024-02-01"):
        stacked(ORIGINS, train=windows("2024-01-31"), test=test)
    with pytest.raises(UsageError, match="test cutoff 2025-01-01"):
        stacked(ORIGINS, train=[], test=windows("2025-01-01"))


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


def test_blocks_of_equal_size_each_train_on_everything_before():
    folds = blocks(pd.Series(range(10)), first_share=0.4, windows=3)
    assert [part(folds, f, "test") for f in range(3)] == [{4, 5}, {6, 7}, {8, 9}]
    assert [part(folds, f, "train") for f in range(3)] == [set(range(4)), set(range(6)), set(range(8))]
    assert [f["window"] for f in folds.facts] == [0, 1, 2]


def test_named_periods_are_blocks_in_order_of_time():
    folds = blocks(pd.Series([2, 11, 12, 2, 11, 3]), test_periods=[12, 11])
    assert [part(folds, f, "test") for f in range(2)] == [{1, 4}, {2}]
    assert [part(folds, f, "train") for f in range(2)] == [{0, 3, 5}, {0, 1, 3, 4, 5}]


@settings(max_examples=60, deadline=None)
@given(
    period=st.lists(st.integers(0, 30), min_size=10, max_size=60),
    share=st.floats(0.2, 0.8),
    windows=st.integers(1, 4),
)
def test_no_block_trains_on_its_own_time_or_later(period, share, windows):
    period = pd.Series(period)
    try:
        folds = blocks(period, first_share=share, windows=windows)
    except UsageError:
        return
    tested = [part(folds, f, "test") for f in range(windows)]
    for fold, ids in enumerate(tested):
        known = part(folds, fold, "train")
        assert period[list(known)].max() < period[list(ids)].min()
        assert known | ids == set(period.index[period <= period[list(ids)].max()])
    # every row after the first block's beginning tests once
    assert (
        sorted(i for ids in tested for i in ids)
        == period.index[period >= period[list(tested[0])].min()].tolist()
    )


@pytest.mark.parametrize(
    ("period", "given", "message"),
    [
        ([1, None], {"test_periods": [1]}, "protocol 'blocks' needs one for each"),
        ([1, 2], {}, "either by test_periods, or by first_share and windows"),
        ([1, 2], {"windows": 2}, "either by test_periods, or by first_share and windows"),
        ([1, 2], {"test_periods": [2], "windows": 2}, "either by test_periods"),
        ([1, 2], {"test_periods": []}, "at least one period"),
        ([1, 2], {"test_periods": [2, 2]}, "each once"),
        ([10, 11, 12], {"test_periods": [13]}, r"no row has the period 13\. Did you mean"),
        ([1, 2], {"test_periods": [1]}, "1 is the first period"),
        ([1, 2], {"first_share": 1.0, "windows": 1}, r"first_share = 1\.0"),
        ([1, 2], {"first_share": 0.5, "windows": 0}, "windows = 0"),
        ([1, 1, 1, 2], {"first_share": 0.5, "windows": 2}, "within the first period"),
        ([1, 2, 2, 2, 2], {"first_share": 0.2, "windows": 2}, "cut the period 2 in two"),
    ],
)
def test_blocks_say_what_is_wrong(period, given, message):
    with pytest.raises(UsageError, match=message):
        blocks(pd.Series(period), **given)


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
