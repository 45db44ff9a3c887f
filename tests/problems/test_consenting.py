"""Rows of own data have the consent that held at their cutoff."""

from __future__ import annotations

import shutil

import pandas as pd
import pytest

from crmlab import registry, store
from crmlab.data.own_data import from_csv
from crmlab.data.own_tables import Files, further
from crmlab.problems import on_demand
from crmlab.problems.as_of import pose_as_of


@pytest.fixture
def shop(tmp_path, monkeypatch):
    shutil.copy(registry.PACKAGE.parents[1] / store.PARAMS, tmp_path / store.PARAMS)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DVC_ROOT", raising=False)
    days = pd.date_range("2024-01-01", "2024-12-31", freq="7D")
    lines = [f"c{i % 5},{day:%Y-%m-%d},{10 + i % 3},P1" for i, day in enumerate(days)]
    (tmp_path / "orders.csv").write_text("customer,date,amount,sku\n" + "\n".join(lines) + "\n")
    (tmp_path / "customers.csv").write_text("customer,consent\n" + "".join(f"c{i},no\n" for i in range(5)))
    # c0 says yes and takes it back on the day of the last cutoff; c1 says yes much earlier
    (tmp_path / "consents.csv").write_text(
        "customer,channel,state,since\nc0,email,opt-in,2024-01-02\nc1,email,opt-in,2024-01-02\n"
        "c1,email,opt-out,2024-02-02\n"
    )
    return tmp_path


def bring(shop, later=""):
    text = (shop / "consents.csv").read_text()
    (shop / "now.csv").write_text(text + later)
    paths = {"customers": shop / "customers.csv", "consents": shop / "now.csv"}
    from_csv("mine", shop / "orders.csv", further=further(Files(paths)))


def consent(problem):
    rows = problem.last_fold().test_rows
    return dict(zip(rows["customer"], rows["consent"], strict=True))


@pytest.mark.parametrize("task", ["churn", "cross_sell"])
def test_the_consent_that_held_at_the_cutoff_wins_over_the_flag(shop, task):
    bring(shop)
    first = on_demand.posed(task, "mine")
    assert consent(first) == {"c0": 1.0, "c1": 0.0, "c2": 0.0, "c3": 0.0, "c4": 0.0}
    bring(shop, f"c0,email,objected,{first.last_fold().cutoff}\n")
    after = on_demand.posed(task, "mine")
    pd.testing.assert_frame_equal(after.rows, first.rows)
    assert after.facts["problem_key"] != first.facts["problem_key"]


def test_a_list_for_today_knows_of_a_consent_that_was_withdrawn_since(shop):
    bring(shop, "c0,email,objected,2024-12-01\n")
    today = pose_as_of("churn", "mine", on_demand.own_spec("mine", "churn"))
    assert consent(today)["c0"] == 0.0
