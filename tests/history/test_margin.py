"""Margin: what the goods leave of revenue, where their cost is known."""

from __future__ import annotations

from types import SimpleNamespace

import ibis
import pandas as pd
import pytest

from crmlab import store
from crmlab.data.cleaning import Rules, flag
from crmlab.data.tables import canonical
from crmlab.history import margin

CUTOFF = pd.Timestamp("2024-03-01")


def test_a_measured_margin_needs_a_cutoff_and_tables(monkeypatch):
    facts = {"folds": [{"cutoff": "2024-01-01"}, {"cutoff": "2024-03-01"}], "dataset": "shop"}
    comparison = SimpleNamespace(problem=SimpleNamespace(facts=facts))
    asked = []
    monkeypatch.setattr(
        margin, "margin_share", lambda dataset, cutoff: asked.append((dataset, cutoff)) or 0.4
    )
    assert margin.measured_margin(comparison) == 0.4
    assert asked == [("shop", CUTOFF)]
    facts["folds"] = [{"cutoff": None}]
    assert margin.measured_margin(comparison) is None
    monkeypatch.undo()
    facts |= {"folds": [{"cutoff": "2024-03-01"}], "dataset": "no_such_tables"}
    assert margin.measured_margin(comparison) is None


@pytest.mark.parametrize("costs", [True, False])
def test_the_margin_is_of_net_lines_with_a_cost_before_the_cutoff(costs, monkeypatch):
    lines = pd.DataFrame(
        {
            "line_id": ["a", "b", "Cb", "c", "d"],
            "order_id": ["a", "b", "Cb", "c", "d"],
            "customer": "someone",
            "timestamp": pd.to_datetime(
                ["2024-01-05", "2024-01-09", "2024-01-12", "2024-02-01", "2024-03-01"]
            ),
            "product": ["p", "p", "p", "without cost", "p"],
            "quantity": [2, 3, -3, 1, 9],
            "unit_price": 5.0,
            "amount": [10.0, 15.0, -15.0, 5.0, 45.0],
        }
    )
    goods = pd.DataFrame({"product": ["p", "without cost"], "category": "x"})
    if costs:
        goods["unit_cost"] = [3.0, None]
    frames = {"transactions": flag(lines, Rules(cancellation_prefix="C")), "products": goods}
    tables = {name: ibis.memtable(canonical(name, frame)) for name, frame in frames.items()}
    monkeypatch.setattr(store, "open_tables", lambda dataset, connection: tables)
    # only `a` counts: two units of 5 that cost 3
    assert margin.margin_share("shop", cutoff=CUTOFF) == (pytest.approx(0.4) if costs else None)
