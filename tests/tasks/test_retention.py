"""Retention: who is asked about, and when each member is found to have left."""

from __future__ import annotations

import datetime as dt

import ibis
import pandas as pd
import pytest

from crmlab import store
from crmlab.data.tables import canonical
from crmlab.history.gather import as_known
from crmlab.history.windows import Window
from crmlab.tasks import retention

CUTOFF = dt.datetime(2024, 3, 1)
TERMS = [
    # customer, started, ended
    ("on the first day", "2024-01-01 09:00", "2024-03-01 09:00"),
    ("on the last day", "2024-01-10 10:00", "2024-03-10 10:00"),
    ("after the window", "2024-01-11 00:00", "2024-03-11 00:00"),
    ("stays", "2024-02-29 23:59", None),
    ("left before", "2024-01-01 09:00", "2024-02-01 09:00"),
    ("joins later", "2024-03-01 00:00", "2024-03-05 00:00"),
    ("came back", "2023-01-01 09:00", "2023-06-01 09:00"),
    ("came back", "2024-02-05 12:00", "2024-03-05 12:00"),
    ("has two", "2024-01-02 08:00", "2024-03-02 08:00"),
    ("has two", "2024-01-04 08:00", "2024-03-04 08:00"),
    ("left and returned", "2024-01-03 08:00", "2024-03-03 08:00"),
    ("left and returned", "2024-03-05 08:00", None),
]
MEMBERS = ["after the window", "came back", "has two", "left and returned", "on the first day"]
MEMBERS += ["on the last day", "stays"]


@pytest.fixture(scope="module")
def tables():
    customer, started, ended = zip(*TERMS, strict=True)
    frame = pd.DataFrame(
        {
            "membership_id": [f"m{i}" for i in range(len(TERMS))],
            "customer": customer,
            "started": pd.to_datetime(list(started)),
            "ended": pd.to_datetime(list(ended)),
            "monthly_fee": 5.0,
        }
    )
    return {"memberships": ibis.memtable(canonical("memberships", frame))}


def outcomes(tables, people=MEMBERS, **window):
    given = ibis.memtable(store.as_arrow(pd.DataFrame({"customer": people})))
    found = store.engine().to_pyarrow(retention.outcomes(tables, given, Window(CUTOFF, **window)))
    return {r["customer"]: r for r in found.to_pylist()}


def test_members_are_those_whose_membership_runs_at_the_cutoff(tables):
    connection = store.engine()
    known = as_known(tables, CUTOFF, connection)
    found = connection.to_pyarrow(retention.population(known, cutoff=CUTOFF).order_by("customer"))
    assert found["customer"].to_pylist() == sorted(MEMBERS)


def test_an_end_is_a_day_of_the_window_counted_from_1(tables):
    found = outcomes(tables, horizon_days=10)
    assert {c: (r["duration_days"], r["event"]) for c, r in found.items()} == {
        "on the first day": (1, 1),
        "on the last day": (10, 1),
        "after the window": (10, 0),
        "stays": (10, 0),
        "came back": (5, 1),
        "has two": (4, 1),
        "left and returned": (3, 1),
    }
    assert all(r["outcome"] == r["event"] and r["followed_days"] == 10 for r in found.values())


def test_after_a_gap_only_those_still_there_are_asked_about(tables):
    found = outcomes(tables, horizon_days=10, gap_days=4)
    assert {c: (r["duration_days"], r["event"]) for c, r in found.items()} == {
        "on the last day": (6, 1),
        "after the window": (7, 1),
        "stays": (10, 0),
        "came back": (1, 1),
    }


def test_a_window_that_closes_early_leaves_outcomes_unknown(tables):
    """Followed for 4 of 10 days: who ended in them is known to have left, of the others nothing more is."""
    found = outcomes(tables, horizon_days=10, closes=dt.datetime(2024, 3, 5))
    assert {c: (r["duration_days"], r["event"], r["outcome"]) for c, r in found.items()} == {
        "on the first day": (1, 1, 1),
        "on the last day": (4, 0, None),
        "after the window": (4, 0, None),
        "stays": (4, 0, None),
        "came back": (4, 0, None),
        "has two": (4, 1, 1),
        "left and returned": (3, 1, 1),
    }
    assert {r["followed_days"] for r in found.values()} == {4}
    late = outcomes(tables, horizon_days=10, closes=dt.datetime(2024, 4, 1))
    assert late == outcomes(tables, horizon_days=10)


def test_what_happens_after_the_window_changes_nothing(tables):
    """An end beyond the window is not known when the window closes."""
    frame = store.engine().to_pyarrow(tables["memberships"]).to_pandas()
    frame.loc[frame["ended"] >= "2024-03-11", "ended"] = pd.NaT
    later = {"memberships": ibis.memtable(canonical("memberships", frame))}
    assert outcomes(later, horizon_days=10) == outcomes(tables, horizon_days=10)


def test_first_seen_is_the_first_membership(tables):
    seen = store.engine().to_pyarrow(retention.first_seen(tables)).to_pandas().set_index("customer")["seen"]
    assert seen["came back"] == pd.Timestamp("2023-01-01 09:00")
    assert len(seen) == 9
