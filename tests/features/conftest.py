"""A shop small enough to compute every feature by hand; the cutoff is 2024-03-01."""

from __future__ import annotations

import datetime as dt

import ibis
import pandas as pd
import pytest

from crmlab import store
from crmlab.data.cleaning import Rules, flag
from crmlab.data.tables import canonical
from crmlab.history.gather import as_known, gather

CUTOFF = dt.datetime(2024, 3, 1)

LINES = [
    # line, order, customer, time, product, quantity, unit price, channel, rating, rated at
    ("a1", "o1", "A", "2024-01-06 10:00", "p1", 2, 5.0, "web", 4, "2024-01-10"),
    ("a2", "o2", "A", "2024-01-06 20:00", "p2", 1, 20.0, "app", 1, "2024-03-01"),
    ("a3", "o3", "A", "2024-01-16 09:00", "p1", 4, 5.0, "web", None, None),
    ("a4", "o4", "A", "2024-02-05 09:00", "p3", 1, 30.0, "web", None, None),
    ("a5", "C5", "A", "2024-02-10 12:00", "p1", -1, 5.0, "web", None, None),
    ("a6", "C6", "A", "2024-03-05 12:00", "p3", -1, 30.0, "web", None, None),
    ("a7", "o7", "A", "2024-03-02 09:00", "p1", 9, 5.0, "app", None, None),
    ("a8", "o4", "A", "2024-02-05 09:00", "POST", 1, 7.0, "web", None, None),
    ("a9", "o4", "A", "2024-02-05 09:00", "p3", 1, 30.0, "web", None, None),
    ("b1", "o8", "B", "2024-02-28 09:00", "p2", 1, 15.0, "app", None, None),
    ("b2", "C8", "B", "2024-02-29 09:00", "p2", -1, 15.0, "app", None, None),
    ("b3", "C9", "B", "2024-02-29 10:00", "p9", -1, 2.5, "app", None, None),
    ("c1", "o9", "C", "2024-03-01 00:00", "p1", 1, 5.0, "web", None, None),
    ("x1", "o10", None, "2024-02-01 09:00", "p1", 3, 5.0, "web", None, None),
]
COLUMNS = [
    *("line_id", "order_id", "customer", "timestamp", "product", "quantity", "unit_price"),
    *("channel", "rating", "rated_at"),
]


def _transactions() -> pd.DataFrame:
    lines = pd.DataFrame(LINES, columns=COLUMNS)
    lines["timestamp"] = pd.to_datetime(lines["timestamp"], format="%Y-%m-%d %H:%M")
    lines["rated_at"] = pd.to_datetime(lines["rated_at"])
    lines["amount"] = lines["quantity"] * lines["unit_price"]
    return flag(lines, Rules(cancellation_prefix="C", merchandise=r"p\d"))


def _others() -> dict[str, pd.DataFrame]:
    day = pd.Timestamp
    return {
        "products": pd.DataFrame(
            {"product": ["p1", "p2", "p3"], "category": ["toys", "books", "toys"]}, dtype="str"
        ),
        "customers": pd.DataFrame(
            {
                "customer": ["A", "B", "C"],
                "source": ["search", None, "social"],
                "consent": [True, False, True],
                "birthday": [day("1984-03-01"), pd.NaT, pd.NaT],
                "referred_by": [None, "A", None],
            }
        ),
        "sessions": pd.DataFrame(
            {
                "session_id": ["s1", "s2", "s3", "s4"],
                "customer": ["A", "A", "A", None],
                "timestamp": [day("2024-01-05"), day("2024-02-20"), day("2024-03-01"), day("2024-01-01")],
                "pages": [3, 6, 100, 1],
                "duration_seconds": [10.5, 20.25, 1e6, 1.0],
                "carted": [True, True, True, False],
                "order_id": [None, "o4", None, None],
                "source": ["search", "direct", "direct", "direct"],
            }
        ),
        "contacts": pd.DataFrame(
            {
                "contact_id": ["k1", "k2", "k3", "k4"],
                "customer": ["A"] * 4,
                "timestamp": [day("2023-11-01"), day("2024-02-01"), day("2024-02-20"), day("2024-02-25")],
                "campaign": ["m"] * 4,
                "channel": ["email"] * 4,
                "treatment": [1, 1, 1, 0],
                "unit_cost": [0.1] * 4,
                "replied_at": [day("2023-11-03"), pd.NaT, day("2024-03-01"), pd.NaT],
            }
        ),
        "tickets": pd.DataFrame(
            {
                "ticket_id": ["t1", "t2"],
                "customer": ["B", "B"],
                "timestamp": [day("2024-02-01 08:00"), day("2024-02-29 08:00")],
                "topic": ["delivery", "refund"],
                "first_response_at": [day("2024-02-01 11:30"), day("2024-03-01 00:00")],
                "resolved_at": [day("2024-02-02"), day("2024-03-01")],
                "satisfaction": [4, 1],
            }
        ),
        "memberships": pd.DataFrame(
            {
                "membership_id": ["m1", "m2"],
                "customer": ["A", "B"],
                "started": [day("2024-01-10"), day("2024-01-01")],
                "ended": [day("2024-03-10"), day("2024-02-01")],
                "monthly_fee": [4.99, 4.99],
            }
        ),
        "events": pd.DataFrame(
            {
                "event_id": ["e1", "e2"],
                "visitor": ["v1", "v1"],
                "customer": ["A", "A"],
                "signed_in_at": [day("2024-02-01"), day("2024-02-01")],
                "timestamp": [day("2024-01-20"), day("2024-02-01")],
                "kind": ["view", "cart"],
                "product": ["p1", "p1"],
            }
        ),
        "fulfilment": pd.DataFrame(
            {
                "order_id": ["o1", "o8"],
                "timestamp": [day("2024-01-06 10:00"), day("2024-02-28 09:00")],
                "promised": [day("2024-01-09"), day("2024-03-02")],
                "shipped": [day("2024-01-07"), day("2024-02-29")],
                "delivered": [day("2024-01-08"), day("2024-03-01")],
                "returned": [pd.NaT, pd.NaT],
            }
        ),
        "reviews": pd.DataFrame(
            {
                "review_id": ["r1"],
                "customer": ["A"],
                "score": [4],
                "created": [day("2024-01-20")],
            }
        ),
    }


@pytest.fixture(scope="session")
def tables():
    frames = {"transactions": _transactions(), **_others()}
    return {name: ibis.memtable(canonical(name, frame)) for name, frame in frames.items()}


@pytest.fixture
def features(tables):
    """Return a function: the columns of one family at the cutoff, as a dict per customer."""

    def computed(family: str, without: tuple[str, ...] = ()):
        connection = store.engine()
        given = {n: t for n, t in tables.items() if n not in without}
        people = pd.DataFrame({"customer": ["A", "B"]})
        known = as_known(given, CUTOFF, connection)
        frame = gather(known, people, connection, cutoff=CUTOFF, families=[family])
        return frame.set_index("customer").T.to_dict()

    return computed
