"""Populations and outcomes of every task on a handful of events."""

from __future__ import annotations

import datetime as dt

import ibis
import pandas as pd
import pytest

from crmlab import registry, store
from crmlab.data.cleaning import Rules, flag
from crmlab.data.tables import canonical
from crmlab.history.gather import as_known
from crmlab.history.windows import Window

CUTOFF = dt.datetime(2024, 3, 1)
LINES = [
    # order, customer, day, quantity
    ("o1", "stays", "2024-01-05", 1),
    ("o2", "stays", "2024-03-01", 2),
    ("o3", "stays", "2024-03-01", 1),
    ("o4", "stays", "2024-03-09", 1),
    ("C5", "stays", "2024-03-10", -1),  # takes o4 back, within the window
    ("C6", "stays", "2024-03-20", -2),  # takes o2 back, after the window
    ("o7", "leaves", "2024-02-29", 1),
    ("o8", "leaves", "2024-03-11", 1),  # first day after a window of 10 days
    ("o9", "comes", "2024-03-02", 1),
    ("C0", "gives back only", "2024-02-01", -1),
]
SESSIONS = [
    ("stays", "2024-02-20"),
    ("comes", "2024-01-31"),  # the 30 days before the cutoff begin on 2024-01-31
    ("comes", "2024-02-02"),
    ("looks", "2024-02-29"),
    ("looked long ago", "2024-01-30"),
    ("looked long ago", "2024-02-20"),
    ("looks later", "2024-03-01"),
]


@pytest.fixture(scope="module")
def tables():
    order, customer, day, quantity = zip(*LINES, strict=True)
    lines = pd.DataFrame(
        {
            "line_id": order,
            "order_id": order,
            "customer": customer,
            "timestamp": pd.to_datetime(list(day)),
            "product": "p1",
            "quantity": quantity,
            "unit_price": 5.0,
            "amount": [5.0 * q for q in quantity],
        }
    )
    who, when = zip(*SESSIONS, strict=True)
    sessions = pd.DataFrame(
        {
            "session_id": [f"s{i}" for i in range(len(who))],
            "customer": who,
            "timestamp": pd.to_datetime(list(when)),
            "pages": 1,
            "duration_seconds": 1.0,
            "carted": False,
            "order_id": pd.array([None] * len(who), dtype="str"),
        }
    )
    frames = {"transactions": flag(lines, Rules(cancellation_prefix="C")), "sessions": sessions}
    return {name: ibis.memtable(canonical(name, frame)) for name, frame in frames.items()}


def population(task: str, tables) -> list[str]:
    connection = store.engine()
    known = as_known(tables, CUTOFF, connection)
    people = registry.find("tasks", task).population(known, cutoff=CUTOFF)
    return connection.to_pyarrow(people.order_by("customer"))[0].to_pylist()


def outcomes(task: str, tables, people: list[str], **window) -> dict[str, tuple]:
    given = ibis.memtable(store.as_arrow(pd.DataFrame({"customer": people})))
    found = store.engine().to_pyarrow(
        registry.find("tasks", task).outcomes(tables, given, Window(CUTOFF, **window))
    )
    return {r["customer"]: (r["outcome"], float(r["value"]), r["purchases"]) for r in found.to_pylist()}


@pytest.mark.parametrize("task", ["churn", "segmentation"])
def test_buyers_bought_before_the_cutoff(task, tables):
    assert population(task, tables) == ["leaves", "stays"]


def test_prospects_came_lately_and_have_not_bought(tables):
    assert population("acquisition", tables) == ["comes", "looks"]


@pytest.mark.parametrize("task", ["churn", "segmentation"])
def test_churn_is_a_window_without_a_purchase(task, tables):
    # stays: o2 and o3 on one day (15.00, taken back too late to count) and o4 (given back): two days
    assert outcomes(task, tables, ["leaves", "stays"], horizon_days=10) == {
        "leaves": (1, 0.0, 0),
        "stays": (0, 15.0, 2),
    }


def test_value_asks_what_the_buyers_of_churn_spend(tables):
    assert population("value", tables) == ["leaves", "stays"]
    assert outcomes("value", tables, ["leaves", "stays"], horizon_days=10) == {
        "leaves": (0, 0.0, 0),
        "stays": (1, 15.0, 2),
    }


def test_a_gap_moves_the_window(tables):
    found = outcomes("churn", tables, ["leaves", "stays"], horizon_days=10, gap_days=9)
    assert found == {"leaves": (0, 5.0, 1), "stays": (1, 0.0, 0)}


def test_winning_is_a_window_with_a_purchase(tables):
    found = outcomes("acquisition", tables, ["comes", "looks"], horizon_days=10)
    assert found == {"comes": (1, 5.0, 1), "looks": (0, 0.0, 0)}


@pytest.mark.parametrize("name", registry.names("tasks"))
def test_a_task_says_what_it_asks(name):
    task = registry.find("tasks", name)
    assert all((task.label, task.question, task.outcome, task.positive))
    assert set(task.kinds) <= set(registry.names("kinds"))
    assert set(task.needs) <= set(registry.names("canonical"))
    assert set(task.families or ()) <= set(registry.names("features"))
