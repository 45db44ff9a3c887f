"""The true effect of an offer: in the solution where truth is known, and nowhere else."""

import datetime as dt

import ibis
import numpy as np
import pandas as pd
import pytest

from crmlab import store
from crmlab.problem import Problem
from crmlab.simulate.knobs import Shop
from crmlab.simulate.oracle import true_offer_effect
from crmlab.simulate.shop import simulate
from crmlab.tables import canonical
from crmlab.tasks import _events, churn, segmentation

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

    def pose(task, *, known: bool):
        monkeypatch.setattr(_events, "_truth_tables", lambda dataset: shop.truth if known else {})
        day, connection = dt.date(2024, 12, 31), store.engine()
        return _events.pose(task, tables, SPEC, features=families, last_day=day, connection=connection)

    return pose


def test_the_effect_is_the_oracle_s_in_the_order_of_the_rows(pose, shop):
    posed = pose(segmentation, known=True)
    asked = posed.rows["customer"].tolist()
    expected = true_offer_effect(shop.truth, asked, cutoff=CUTOFF, horizon_days=30)
    np.testing.assert_array_equal(posed.solution["effect"], expected)
    # nan is who may not be contacted
    assert (posed.solution["effect"].isna() == (posed.rows["consent"] == 0)).all()
    assert (posed.solution["effect"] > 0).any()


def test_no_method_is_handed_the_effect(pose):
    posed = pose(segmentation, known=True)
    facts = {"folds": posed.folds.facts}
    problem = Problem("segmentation", "x", {}, posed.rows, posed.folds.frame, posed.solution, facts)
    fold = problem.fold(problem.fold_numbers()[0])
    assert not {"effect", "truth"} & {*posed.rows, *posed.roles, *fold.train_rows, *fold.test_rows}
    secret = posed.solution["effect"].fillna(-1.0).to_numpy()
    spread = [pd.to_numeric(posed.rows[c], errors="coerce").fillna(-1.0).to_numpy() for c in posed.rows]
    assert not any(np.array_equal(secret, column) for column in spread)


def test_only_a_task_with_an_offer_and_a_known_truth_has_an_effect(pose):
    assert "effect" not in pose(segmentation, known=False).solution
    found = pose(churn, known=True).solution
    assert "truth" in found
    assert "effect" not in found
