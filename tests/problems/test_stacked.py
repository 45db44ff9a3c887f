"""Stacked landmarks: who is in, what is censored when, and that train labels see nothing from later."""

from __future__ import annotations

import datetime as dt

import ibis
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from crmlab import registry, store
from crmlab.data.cleaning import Rules, flag
from crmlab.data.tables import canonical
from crmlab.errors import UsageError
from crmlab.problems.from_events import pose

FIRST_TEST, CLOSES = "2024-03-01", "2024-05-01"
SPEC = {
    "dataset": "club",
    "protocol": "rolling",
    "horizon_days": 60,
    "gap_days": 0,
    "followed_until": CLOSES,
    "train_cutoffs": ["2024-01-01", "2024-02-01"],
    "test_cutoffs": [FIRST_TEST, "2024-04-15"],
}
TERMS = [
    # customer, started, ended
    ("stays", "2023-12-01", None),
    ("leaves early", "2023-12-05", "2024-02-10"),
    ("leaves after the first test cutoff", "2024-01-10", "2024-03-10"),
    ("joins between the landmarks", "2024-03-20", "2024-04-20"),
    ("leaves after the closing day", "2024-02-20", "2024-05-10"),
]


def club(terms=TERMS, orders=()):
    """Return the tables of a club: its terms, and one order of each member besides `orders`."""
    customer, started, ended = zip(*terms, strict=True)
    memberships = pd.DataFrame(
        {
            "membership_id": [f"m{i}" for i in range(len(terms))],
            "customer": customer,
            "started": pd.to_datetime(list(started)),
            "ended": pd.to_datetime(list(ended)),
            "monthly_fee": 5.0,
        }
    )
    bought = [*((c, "2023-12-31") for c in dict.fromkeys(customer)), *orders]
    ids = [f"o{i}" for i in range(len(bought))]
    lines = pd.DataFrame(
        {
            "line_id": ids,
            "order_id": ids,
            "customer": [c for c, _ in bought],
            "timestamp": pd.to_datetime([day for _, day in bought]),
            "product": "p",
            "quantity": 1,
            "unit_price": 5.0,
            "amount": 5.0,
        }
    )
    frames = {"memberships": memberships, "transactions": flag(lines, Rules(cancellation_prefix="C"))}
    return {name: ibis.memtable(canonical(name, frame)) for name, frame in frames.items()}


def posed(tables=None, *, task="retention", last_day=dt.date(2024, 6, 30), **changes):
    return pose(
        registry.find("tasks", task),
        tables or club(),
        {**SPEC, **changes} | {"features": ["purchases", "membership"]},
        last_day=last_day,
        connection=store.engine(),
    )


def labels(found, part):
    """Return (duration_days, event, followed_days, outcome) by cutoff and customer of a part's rows."""
    fold = found.folds.frame[(found.folds.frame["fold"] == 0) & (found.folds.frame["part"] == part)]
    frame = found.rows.merge(found.solution, on="row_id").set_index("row_id").loc[fold["row_id"]]
    return {
        (r.origin.date().isoformat(), r.customer): (
            r.duration_days,
            r.event,
            r.followed_days,
            None if pd.isna(r.outcome) else int(r.outcome),
        )
        for r in frame.itertuples()
    }


@pytest.fixture(autouse=True)
def here(project):
    """Every test has a project of its own."""


def test_test_rows_are_followed_to_the_horizon_or_the_closing_day():
    assert labels(posed(), "test") == {
        ("2024-03-01", "stays"): (60, 0, 60, 0),
        ("2024-03-01", "leaves after the first test cutoff"): (10, 1, 60, 1),
        ("2024-03-01", "leaves after the closing day"): (60, 0, 60, 0),
        ("2024-04-15", "stays"): (16, 0, 16, None),
        ("2024-04-15", "joins between the landmarks"): (6, 1, 16, 1),
        ("2024-04-15", "leaves after the closing day"): (16, 0, 16, None),
    }


def test_train_rows_are_followed_to_the_first_test_cutoff():
    assert labels(posed(), "train") == {
        ("2024-01-01", "stays"): (60, 0, 60, 0),
        ("2024-01-01", "leaves early"): (41, 1, 60, 1),
        ("2024-02-01", "stays"): (29, 0, 29, None),
        ("2024-02-01", "leaves early"): (10, 1, 29, 1),
        ("2024-02-01", "leaves after the first test cutoff"): (29, 0, 29, None),
    }


def train_part(tables):
    """Return rows and solution of the train part."""
    found = posed(tables)
    fold = found.folds.frame[(found.folds.frame["fold"] == 0) & (found.folds.frame["part"] == "train")]
    return [
        frame.set_index("row_id").loc[fold["row_id"]].reset_index(drop=True)
        for frame in (found.rows, found.solution)
    ]


LATER = {
    "ends at or after it are forgotten": (
        [(c, s, e if e and e < FIRST_TEST else None) for c, s, e in TERMS],
        (),
    ),
    "ends move to its first day": (
        [(c, s, e and min(e, FIRST_TEST)) for c, s, e in TERMS if s < FIRST_TEST],
        (),
    ),
    "those who join later are gone": ([t for t in TERMS if t[1] < FIRST_TEST], ()),
    "new members and orders come": (
        [*TERMS, ("comes", FIRST_TEST, None), ("stays", "2024-03-02", "2024-03-05")],
        [("leaves early", FIRST_TEST), ("stays", "2024-04-01")],
    ),
}


@pytest.mark.parametrize("change", LATER)
def test_nothing_at_or_after_the_first_test_cutoff_reaches_a_train_row(change):
    for before, after in zip(train_part(club()), train_part(club(*LATER[change])), strict=True):
        assert_frame_equal(before, after[before.columns])
        # a column that only later landmarks can fill holds nothing for the train rows
        assert after.drop(columns=before.columns).isna().all(axis=None)


def test_an_end_before_the_first_test_cutoff_does():
    """The check above can fail: a day earlier is seen."""
    terms = [(c, s, "2024-02-29" if c == "stays" else e) for c, s, e in TERMS]
    found = labels(posed(club(terms)), "train")
    assert found["2024-02-01", "stays"] == (29, 1, 29, 1)


def test_the_features_of_a_landmark_end_before_its_own_cutoff():
    """An order on a landmark's day is news to the next landmark alone."""
    orders = [("stays", "2024-02-01"), ("stays", "2024-03-01")]
    frame = posed(club(TERMS, orders)).rows
    mine = frame[frame["customer"] == "stays"].set_index("origin")["frequency"]
    assert mine.tolist() == [0.0, 0.0, 1.0, 2.0]
    assert mine.index.strftime("%m-%d").tolist() == ["01-01", "02-01", "03-01", "04-15"]


def test_what_happens_after_the_closing_day_changes_nothing():
    terms = [(c, s, None if e == "2024-05-10" else e) for c, s, e in TERMS]
    before, after = posed(), posed(club([*terms, ("comes", CLOSES, None)]))
    assert_frame_equal(before.rows, after.rows)
    assert_frame_equal(before.solution, after.solution)


def test_facts_count_the_censored():
    facts = posed().facts
    assert [(o["followed_days"], o["n_censored"]) for o in facts["origins"]] == [
        (60, 0),
        (29, 2),
        (60, 0),
        (16, 2),
    ]
    assert [o["base_rate"] for o in facts["origins"]] == [0.5, None, pytest.approx(1 / 3), None]
    (window,) = facts["windows"]
    assert window["test_cutoffs"] == SPEC["test_cutoffs"]
    assert (window["n_censored_train"], window["n_censored_test"]) == (2, 2)
    # one of six ends on day 6 and one of five on day 10; then two are censored, three stay
    assert window["base_rate_test"] == pytest.approx(1 - 5 / 6 * 4 / 5)
    assert window["followed_share"] == pytest.approx(2 / 4)


def test_without_a_closing_day_each_cutoff_is_a_window():
    spec = {k: v for k, v in SPEC.items() if k != "followed_until"}
    found = pose(
        registry.find("tasks", "retention"),
        club(),
        spec | {"features": ["membership"]},
        last_day=dt.date(2024, 6, 30),
        connection=store.engine(),
    )
    assert [f["window"] for f in found.folds.facts] == [0, 1]
    assert found.solution["outcome"].dtype == "int64"
    assert "n_censored_test" not in found.facts["windows"][0]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"last_day": dt.date(2024, 4, 29)},
            "is followed until 2024-05-01, and the data end on 2024-04-29: choose followed_until 2024-04-30",
        ),
        (
            {"task": "churn"},
            "Churn on club: followed_until censors rows .* of the kind classification, lifetime",
        ),
        ({"followed_until": "2024-04-29"}, "comes before the horizon of the first test cutoff"),
        (
            {"train_cutoffs": ["2024-03-01"]},
            "train cutoff 2024-03-01 begins on or after the first test cutoff",
        ),
        ({"test_cutoffs": []}, "test_cutoffs is empty"),
    ],
)
def test_what_cannot_be_stacked_is_refused(changes, message):
    with pytest.raises(UsageError, match=message):
        posed(**changes)
