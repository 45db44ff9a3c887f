"""Views, deliveries, reviews and consents against values computed by hand, before and after a cutoff."""

from __future__ import annotations

import datetime as dt

import ibis
import pandas as pd
import pytest

from crmlab import store
from crmlab.data import schemas
from crmlab.data.cleaning import NO_RULES, flag
from crmlab.data.tables import canonical
from crmlab.history import consents
from crmlab.history.gather import as_known, gather
from crmlab.registry import find

CUTOFF = dt.datetime(2024, 3, 1)


def times(*texts):
    return pd.to_datetime(pd.Series(texts), format="ISO8601").astype("datetime64[us]")


def raw():
    """Return two customers' tables: A looks before she signs in, B gets a parcel after the cutoff."""
    return {
        "transactions": pd.DataFrame(
            {
                "line_id": ["1", "2", "3"],
                "order_id": ["o1", "o2", "o3"],
                "customer": ["A", "A", "B"],
                "timestamp": times("2024-01-05", "2024-02-10", "2024-02-20"),
                "product": ["p1", "p2", "p1"],
                "quantity": [1, 1, 1],
                "unit_price": [5.0, 6.0, 5.0],
                "amount": [5.0, 6.0, 5.0],
            }
        ),
        "events": pd.DataFrame(
            {
                "event_id": ["e1", "e2", "e3", "e4"],
                "visitor": ["v1", "v1", "v1", "v2"],
                "customer": ["A", "A", "A", "B"],
                "signed_in_at": times("2024-02-05", "2024-02-05", "2024-02-05", "2024-03-01"),
                "timestamp": times("2024-01-20", "2024-02-05", "2024-02-28", "2024-02-25"),
                "kind": ["view", "view", "cart", "view"],
                "product": ["p1", "p2", "p2", "p1"],
            }
        ),
        "fulfilment": pd.DataFrame(
            {
                "order_id": ["o1", "o2", "o3"],
                "timestamp": times("2024-01-05", "2024-02-10", "2024-02-20"),
                "promised": times("2024-01-08", "2024-02-14", "2024-02-25"),
                "shipped": times("2024-01-06", "2024-02-12", "2024-02-27"),
                "delivered": times("2024-01-07 12:00", "2024-02-16", "2024-03-02"),
                "returned": times(None, "2024-03-04", None),
            }
        ),
        "reviews": pd.DataFrame(
            {
                "review_id": ["r1", "r2", "r3"],
                "customer": ["A", "A", "A"],
                "score": [5, 2, 1],
                "created": times("2024-01-10", "2024-02-20", "2024-03-03"),
            }
        ),
        "consents": pd.DataFrame(
            {
                "consent_id": ["k1", "k2", "k3", "k4"],
                "customer": ["A", "A", "B", "B"],
                "channel": ["email", "email", "email", "phone"],
                "purpose": ["marketing"] * 4,
                "state": ["explicit", "objected", "soft opt-in", "objected"],
                "since": times("2024-01-05", "2024-03-01", "2024-02-20", "2024-02-21"),
            }
        ),
        "customers": pd.DataFrame({"customer": ["A", "B", "C"], "consent": [False, False, True]}),
    }


@pytest.fixture(scope="module")
def tables():
    frames = {name: schemas.check(name, frame, dataset="small") for name, frame in raw().items()}
    frames["transactions"] = flag(frames["transactions"], NO_RULES)
    return {name: ibis.memtable(canonical(name, frame)) for name, frame in frames.items()}


def family(tables, name, cutoff=CUTOFF):
    connection = store.engine()
    people = pd.DataFrame({"customer": ["A", "B"]})
    known = as_known(tables, cutoff, connection)
    return gather(known, people, connection, cutoff=cutoff, families=[name]).set_index("customer")


def test_a_look_before_the_sign_in_counts_from_the_sign_in_on(tables):
    before = family(tables, "looking", dt.datetime(2024, 2, 5))
    assert before["views"].tolist() == [0, 0]
    now = family(tables, "looking")
    assert now.loc["A"].to_dict() == {
        **{"views": 2, "searches": 0, "wishes": 0, "cart_adds": 1, "products_seen": 2},
        **{"views_30": 1, "days_since_event": 1},
    }
    # B looked on the 25th, and nobody knows that it was B before March
    assert now.loc["B", "views"] == 0
    assert family(tables, "looking", dt.datetime(2024, 3, 2)).loc["B", "views"] == 1


def test_a_delivery_counts_once_it_has_come(tables):
    now = family(tables, "delivery")
    assert now.loc["A"].to_dict() == {
        **{"deliveries": 2, "late_deliveries": 1, "overdue_orders": 0, "orders_sent_back": 0},
        "delivery_days_mean": (60 + 144) / 2 / 24,
    }
    assert now.loc["B", ["deliveries", "late_deliveries", "overdue_orders"]].tolist() == [0, 0, 1]
    later = family(tables, "delivery", dt.datetime(2024, 3, 5))
    assert later.loc["B", ["deliveries", "late_deliveries", "overdue_orders"]].tolist() == [1, 1, 0]
    assert later.loc["A", "orders_sent_back"] == 1


def test_reviews_count_from_the_day_on_which_they_were_written(tables):
    now = family(tables, "reviewing").loc["A"].to_dict()
    assert now == {"reviews": 2, "poor_reviews": 1, "review_score_mean": 3.5, "days_since_review": 9}


def may_be_contacted(tables, cutoff, **how):
    found = consents.allowed(tables, cutoff=cutoff, **how)
    frame = store.engine().to_pyarrow(found.order_by("customer")).to_pandas()
    return dict(zip(frame["customer"], frame["consent"], strict=True))


def test_a_consent_is_read_as_of_the_cutoff_and_wins_over_the_flag(tables):
    how = {"channel": "email", "purpose": "marketing"}
    assert may_be_contacted(tables, CUTOFF, **how) == {"A": True, "B": True, "C": True}
    withdrawn = may_be_contacted(tables, dt.datetime(2024, 3, 2), **how)
    assert withdrawn == {"A": False, "B": True, "C": True}
    assert may_be_contacted(tables, dt.datetime(2024, 1, 1), **how) == {"A": False, "B": False, "C": True}


def test_one_objection_is_enough_where_no_channel_is_named(tables):
    assert may_be_contacted(tables, CUTOFF)["B"] is False


def test_without_consents_the_flag_is_what_is_known(tables):
    without = {n: t for n, t in tables.items() if n != "consents"}
    assert may_be_contacted(without, CUTOFF) == {"A": False, "B": False, "C": True}
    assert may_be_contacted({}, CUTOFF) == {}


@pytest.mark.parametrize("name", ["looking", "delivery", "reviewing"])
def test_what_counts_is_declared(name):
    assert {*find("features", name).needs} & {"events", "fulfilment", "reviews"}
