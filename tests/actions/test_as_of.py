"""Lists as of today, from a user's own orders: both dates, everyone, and who is probably gone."""

from __future__ import annotations

import shutil
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from own_orders import orders

from crmlab import actions, params, registry, store
from crmlab.actions import keep
from crmlab.comparison.compare import compare
from crmlab.data import own_data
from crmlab.errors import UsageError
from crmlab.explain.standing import Standing
from crmlab.problems.on_demand import posed


@pytest.fixture
def shop(project):
    """Return the orders, the comparison of a short roster on them, and the settings."""
    shutil.copy(registry.PACKAGE.parents[1] / store.PARAMS, project / store.PARAMS)
    frame = orders(project / "orders.csv")
    own_data.from_csv("mine", project / "orders.csv")
    posed("churn", "mine")
    settings = params.load()
    short = {"classification": {"logit": {}, "hiatus": {}}, "lifetime": {"pareto_nbd": {}}}
    part = replace(settings.task("churn"), methods=short)
    settings = replace(settings, tasks={**settings.tasks, "churn": part}, replicates=100)
    return frame, compare("churn", "mine", settings=settings), settings


def test_the_lists_hold_everyone_with_both_dates_and_the_run(shop):
    frame, judged, settings = shop
    today = actions.as_of(judged, settings=settings)
    folder, made = actions.write_as_of(today, judged)
    assert folder.name == f"as_of_{frame['timestamp'].max()}"
    assert set(made) == {"keep"}
    listed = pd.read_parquet(folder / "keep.parquet")
    assert sorted(listed["customer"]) == sorted(set(frame["customer"]))
    assert set(listed["as_of"]) == {frame["timestamp"].max()}
    assert set(listed["judged"]) == {judged.problem.last_fold().cutoff}
    assert set(listed["run"]) == {today.runs[0].key}
    assert listed["method"].iloc[0] == today.runs[0].method
    # who is silent for long is probably gone, who bought last week is not
    since = today.problem.last_fold().test_rows.set_index("customer")["days_since_last"]
    gone = listed.set_index("customer")["contact"] == "probably gone"
    assert since[gone[gone].index].median() > 4 * since[gone[~gone].index].median()
    assert (listed.loc[listed["contact"] == "contact", "p_alive"] >= 0.6).all()
    # a spreadsheet opens no formula
    assert "\r\n'=c" in (folder / "keep.csv").read_bytes().decode("utf-8-sig")
    answers = pd.read_parquet(folder / "answers.parquet")
    assert sorted(answers["customer"]) == sorted(set(frame["customer"]))
    # nothing is said of what nobody knows
    listing = made["keep"]
    assert listing.is_open
    assert listing.look_back() is None
    assert not any("Looking back" in said for said in listing.sentences)
    assert any("probably gone" in said and "nothing is claimed" in said for said in listing.sentences)
    assert any("Looking back" in said for said in keep.make(judged).sentences)


def test_the_answer_is_that_of_the_method_fitted_on_all_that_is_known(shop):
    _, judged, settings = shop
    today = actions.as_of(judged, "2024-03-01", settings=settings)
    assert today.problem.facts["as_of"] == "2024-03-01"
    assert today.chosen == today.runs[0].method
    assert judged.problem.last_fold().cutoff != today.problem.last_fold().cutoff
    assert today.runs[0].key != judged.run_of(today.runs[0].method).key
    with pytest.raises(UsageError, match="nothing is known as of"):
        actions.as_of(judged, "2030-01-01", settings=settings)


def test_who_is_gone_costs_a_contact_and_takes_no_offer():
    path = registry.PACKAGE.parents[1] / store.PARAMS
    prices = keep.Prices({**params.load(path).task("churn").economics, "budget_per_1000": 1000.0})
    rows = pd.DataFrame({"customer": ["a", "b", "c"], "total_spend": [900.0] * 3, "T_days": [364.0] * 3})
    standing = Standing(np.array([1.0, 0.8, 0.2]), np.array([0.5, 0.5, 0.5]), "Pareto/NBD")
    table = keep.decided(np.full(3, 0.7), np.full(3, 0.7), rows, prices, standing)
    # by hand at the task's prices: 30 % accept, an incentive of 10, a contact of 1, a margin of .3
    own = 0.3 * 0.5 * (270 - 10) - 0.5 * 10
    assert table["expected_profit"].tolist() == pytest.approx([p * own - 1 for p in (1.0, 0.8, 0.2)])
    assert table["value_at_risk"].tolist() == pytest.approx([135, 108, 27])
    assert table["contact"].tolist() == ["contact", "contact", "probably gone"]
