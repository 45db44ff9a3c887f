"""Who a visitor is: nothing that happens later changes what was known before."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crmlab.data.own_tables.identity import sessions, signed_in

DAY = pd.Timestamp("2024-01-01")


def events(*rows):
    """Return events of (visitor, customer, minutes after the first of January)."""
    visitor, customer, minutes = zip(*rows, strict=True)
    return pd.DataFrame(
        {
            "event_id": [f"{i:03d}" for i in range(len(rows))],
            "visitor": pd.array(visitor, "str"),
            "customer": pd.array(customer, "str"),
            "timestamp": (DAY + pd.to_timedelta(minutes, unit="min")).astype("datetime64[us]"),
            "kind": "view",
        }
    )


def test_on_a_shared_device_each_event_is_of_who_signed_in_last():
    found = signed_in(
        events(("v", None, 0), ("v", "A", 10), ("v", None, 20), ("v", "B", 30), ("v", None, 40))
    )
    assert found["customer"].tolist() == ["A", "A", "A", "B", "B"]
    since = ((found["signed_in_at"] - DAY) / pd.Timedelta(minutes=1)).tolist()
    assert since == [10, 10, 20, 30, 40]


def test_two_events_without_a_visitor_are_not_one_persons():
    found = signed_in(events((None, None, 0), (None, "A", 1)))
    assert found["customer"].fillna("").tolist() == ["", "A"]


rows = st.lists(
    st.tuples(st.sampled_from(["v", "w"]), st.sampled_from([None, "A", "B"]), st.integers(0, 2 * 1440 - 1)),
    min_size=1,
    max_size=12,
)
later = st.lists(
    st.tuples(
        st.sampled_from(["v", "w"]), st.sampled_from([None, "A", "B"]), st.integers(2 * 1440, 3 * 1440)
    ),
    max_size=6,
)


def known(found: pd.DataFrame, cutoff: pd.Timestamp) -> list:
    """Return whose each event is as it was known at a cutoff."""
    past = found[found["timestamp"] < cutoff]
    who = past["customer"].where(past["signed_in_at"] < cutoff).fillna("")
    return sorted(zip(past["timestamp"], past["visitor"], who, strict=True))


@settings(max_examples=60, deadline=None)
@given(past=rows, future=later)
def test_no_event_after_a_midnight_changes_who_was_known_or_which_visits_there_were(past, future):
    cutoff = DAY + pd.Timedelta(days=2)
    alone, both = signed_in(events(*past)), signed_in(events(*past, *future))
    assert known(alone, cutoff) == known(both, cutoff)
    visits = [sessions(found) for found in (alone, both)]
    before = [v[v["timestamp"] < cutoff].sort_values("session_id").to_dict("list") for v in visits]
    assert before[0] == before[1]


@pytest.mark.parametrize(("minutes", "visits"), [(30, 1), (31, 2)])
def test_a_visit_is_over_after_more_than_half_an_hour(minutes, visits):
    assert len(sessions(signed_in(events(("v", None, 0), ("v", None, minutes))))) == visits
