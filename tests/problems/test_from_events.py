"""The true effect of an offer: in the solution where truth is known, and nowhere else."""

import dataclasses
import datetime as dt

import ibis
import numpy as np
import pandas as pd
import pytest

from crmlab import registry, store
from crmlab.data.tables import canonical
from crmlab.problems import from_events
from crmlab.problems.problem import Problem
from crmlab.simulate.knobs import Shop
from crmlab.simulate.oracle import true_offer_effect
from crmlab.simulate.shop import simulate

CUTOFF = dt.datetime(2024, 4, 1)
SPEC = {"dataset": "small_shop", "protocol": "rolling", "horizon_days": 30, "test_cutoffs": ["2024-04-01"]}


@pytest.fixture(scope="module")
def shop():
    return simulate(Shop(visitors=1500), seed=3)


@pytest.fixture
def pose(shop, monkeypatch):
    """Return a function that poses a task on the shop, with its truth or without."""
    names = ("transactions", "customers")
    tables = {name: ibis.memtable(canonical(name, shop.tables[name])) for name in names}
    families = ["purchases", "basket", "profile"]

    def pose(name, *, known: bool):
        monkeypatch.setattr(from_events, "_truth_tables", lambda dataset: shop.truth if known else {})
        day, connection = dt.date(2024, 12, 31), store.engine()
        return from_events.pose(
            registry.find("tasks", name),
            tables,
            SPEC | {"features": families},
            last_day=day,
            connection=connection,
        )

    return pose


def test_the_effect_is_the_oracle_s_in_the_order_of_the_rows(pose, shop):
    posed = pose("segmentation", known=True)
    asked = posed.rows["customer"].tolist()
    expected = true_offer_effect(shop.truth, asked, cutoff=CUTOFF, horizon_days=30)
    np.testing.assert_array_equal(posed.solution["effect"], expected)
    # nan is who may not be contacted
    assert (posed.solution["effect"].isna() == (posed.rows["consent"] == 0)).all()
    assert (posed.solution["effect"] > 0).any()


def test_no_method_is_handed_the_effect(pose):
    posed = pose("segmentation", known=True)
    facts = {"folds": posed.folds.facts}
    problem = Problem("segmentation", "x", {}, posed.rows, posed.folds.frame, posed.solution, facts)
    fold = problem.fold(problem.fold_numbers()[0])
    assert not {"effect", "truth"} & {*posed.rows, *posed.roles, *fold.train_rows, *fold.test_rows}
    secret = posed.solution["effect"].fillna(-1.0).to_numpy()
    spread = [pd.to_numeric(posed.rows[c], errors="coerce").fillna(-1.0).to_numpy() for c in posed.rows]
    assert not any(np.array_equal(secret, column) for column in spread)


def test_only_a_task_with_an_offer_and_a_known_truth_has_an_effect(pose):
    assert "effect" not in pose("segmentation", known=False).solution
    found = pose("churn", known=True).solution
    assert "truth" in found
    assert "effect" not in found


# --- the fourth frame ---------------------------------------------------------------------------
def baskets(tables):
    """Return the lines of every order as events."""
    lines = tables["transactions"].filter(lambda t: t.customer.notnull())
    return lines.select(
        "customer", at="timestamp", event=ibis.literal("purchase"), basket="order_id", item="product",
        quantity="quantity", amount=lines.amount.cast("float64"),
    )  # fmt: skip


def test_a_task_with_a_history_hands_out_the_events_before_each_cutoff(pose, shop, monkeypatch):
    find = registry.find
    reading = dataclasses.replace(find("tasks", "churn"), history=baskets)
    monkeypatch.setattr(registry, "find", lambda f, n: reading if f == "tasks" else find(f, n))
    posed = pose("churn", known=False)
    known = shop.tables["transactions"].dropna(subset="customer")
    assert len(posed.history) == len(known)
    order = ["customer", "at", "event", "basket", "item"]
    assert posed.history.equals(posed.history.sort_values(order, ignore_index=True))
    facts = {"folds": posed.folds.facts}
    frames = (posed.rows, posed.folds.frame, posed.solution)
    fold = Problem("churn", "x", {}, *frames, facts, posed.history).last_fold()
    assert fold.cutoff == "2024-04-01"
    assert len(fold.history) == (known["timestamp"] < CUTOFF).sum() < len(known)
    assert fold.history["at"].max() < pd.Timestamp(CUTOFF)


def test_a_task_without_one_has_none(pose):
    assert pose("churn", known=False).history is None
