"""What is known at a cutoff, and where a label lies."""

from __future__ import annotations

import datetime as dt

import ibis
import pandas as pd
import pytest

from crmlab import store
from crmlab.errors import UsageError
from crmlab.history.windows import Window, before, label_windows, midnight

CUTOFF = dt.datetime(2024, 3, 1)


def known(table: str, frame: pd.DataFrame) -> pd.DataFrame:
    # arrow, as pandas frames make ibis ask pandas for a deprecated option
    given = ibis.memtable(store.as_arrow(frame))
    cut = before({table: given}, CUTOFF)[table]
    return store.engine().to_pyarrow(cut).to_pandas()


def test_the_cutoff_itself_is_not_known():
    times = pd.to_datetime(["2024-02-29 23:59:59.999999", "2024-03-01 00:00:00.000000"])
    assert len(known("sessions", pd.DataFrame({"timestamp": times}))) == 1


def test_a_late_fact_is_masked_with_what_it_brings():
    tickets = pd.DataFrame(
        {
            "timestamp": pd.to_datetime(["2024-02-01", "2024-02-01"]),
            "first_response_at": pd.to_datetime(["2024-02-02", "2024-03-01"]),
            "resolved_at": pd.to_datetime(["2024-02-03", "2024-03-01"]),
            "satisfaction": [5, 1],
        }
    )
    found = known("tickets", tickets)
    assert found["satisfaction"].tolist()[0] == 5
    assert found.iloc[1][["first_response_at", "resolved_at", "satisfaction"]].isna().all()


def test_tables_without_a_time_pass_whole():
    assert len(known("customers", pd.DataFrame({"customer": ["a", "b"]}))) == 2


def test_label_window():
    window = Window(CUTOFF, horizon_days=10, gap_days=2)
    assert window.start == dt.datetime(2024, 3, 3)
    assert window.end == dt.datetime(2024, 3, 13)


def test_midnight():
    assert midnight("2024-03-01") == CUTOFF == midnight(dt.date(2024, 3, 1))
    with pytest.raises(UsageError, match="'1 March' is not a date"):
        midnight("1 March")


STACKED = {
    "horizon_days": 60,
    "gap_days": 0,
    "train_cutoffs": ["2023-12-01", "2024-02-01"],
    "test_cutoffs": ["2024-03-01", "2024-04-15"],
    "followed_until": "2024-05-01",
}


def test_a_window_closes_at_the_horizon_or_before():
    early, late = (Window(CUTOFF, 60, 5, dt.datetime(2024, m, 1)) for m in (4, 8))
    assert (early.start, early.end, early.followed_days) == (
        dt.datetime(2024, 3, 6),
        dt.datetime(2024, 4, 1),
        26,
    )
    assert (late.end, late.followed_days) == (Window(CUTOFF, 60, 5).end, 60)
    assert Window(CUTOFF, 60, 5).followed_days == 60


def test_stacked_landmarks_are_followed_to_the_closing_day_and_train_to_the_first_test_cutoff():
    train, test = label_windows(STACKED)
    assert [(w.cutoff.isoformat()[:10], w.followed_days) for w in train] == [
        ("2023-12-01", 60),
        ("2024-02-01", 29),
    ]
    assert [(w.cutoff.isoformat()[:10], w.followed_days) for w in test] == [
        ("2024-03-01", 60),
        ("2024-04-15", 16),
    ]
    assert all(w.end <= CUTOFF for w in train)


def test_without_a_closing_day_windows_are_whole():
    train, test = label_windows({k: v for k, v in STACKED.items() if k != "followed_until"})
    assert all(w.closes is None and w.followed_days == 60 for w in [*train, *test])


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"followed_until": "2024-04-29"}, "comes before the horizon of the first test cutoff 2024-03-01"),
        (
            {"test_cutoffs": ["2024-03-01", "2024-05-01"]},
            "test cutoff 2024-05-01 begins on or after followed_until",
        ),
        (
            {"train_cutoffs": ["2024-03-01"]},
            "train cutoff 2024-03-01 begins on or after the first test cutoff",
        ),
        ({"gap_days": 16, "horizon_days": 40}, "test cutoff 2024-04-15 begins on or after followed_until"),
        ({"horizon_days": 0}, "horizon_days = 0 must be at least 1"),
        ({"followed_until": "May"}, "'May' is not a date"),
    ],
)
def test_dates_in_the_wrong_order_are_refused(changes, message):
    with pytest.raises(UsageError, match=message):
        label_windows({**STACKED, **changes})
