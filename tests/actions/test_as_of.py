"""Lists as of today, from a user's own orders: both dates, everyone, and who is probably gone."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from own_orders import orders

from crmlab import actions, params, registry, store
from crmlab.actions import keep
from crmlab.comparison.compare import compare
from crmlab.comparison.run import load_model
from crmlab.data import own_data
from crmlab.errors import UsageError
from crmlab.explain.standing import Standing
from crmlab.problems.from_orders import rows_of_orders
from crmlab.problems.on_demand import posed


@pytest.fixture(scope="module")
def shop(make, tmp_path_factory):
    """Yield the orders, the comparison of a short roster on them, and the settings."""
    with make.in_project(tmp_path_factory.mktemp("today")) as project:
        shutil.copy(registry.PACKAGE.parents[1] / store.PARAMS, project / store.PARAMS)
        frame = orders(project / "orders.csv")
        own_data.from_csv("mine", project / "orders.csv")
        posed("churn", "mine")
        settings = params.load()
        short = {"classification": {"logit": {}, "hiatus": {}}, "lifetime": {"pareto_nbd": {}}}
        # an offer that costs little is worth a contact to many
        prices = {**settings.task("churn").economics, "incentive_cost": 1.0, "contact_cost": 0.1}
        part = replace(settings.task("churn"), methods=short, economics=prices, refits=0)
        settings = replace(settings, tasks={**settings.tasks, "churn": part}, replicates=100, workers=1)
        yield frame, compare("churn", "mine", settings=settings), settings


def test_the_lists_hold_everyone_with_both_dates_and_the_run(shop):
    frame, judged, settings = shop
    today = actions.as_of(judged, settings=settings)
    folder, made = actions.write_as_of(today, judged)
    assert folder.name == f"as_of_{frame['timestamp'].max()}"
    assert set(made) == {"keep", "win_back"}
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
    back = pd.read_parquet(folder / "win_back.parquet")
    assert set(back["customer"]) == set(listed.loc[listed["p_alive"] < 0.6, "customer"])
    assert set(back["as_of"]) == {frame["timestamp"].max()}
    assert any("nobody is contacted: no response is declared" in said for said in made["win_back"].sentences)
    assert any("Looking back" in said for said in keep.make(judged).sentences)


def test_a_share_of_those_to_be_contacted_is_held_out_and_stays_so(shop):
    _, judged, settings = shop
    first = keep.make(actions.as_of(judged, "2024-03-01", settings=settings)).table.set_index("customer")
    later = keep.make(actions.as_of(judged, "2024-03-08", settings=settings)).table.set_index("customer")
    asked = first["contact"].isin(["contact", "held out"])
    held = set(first.index[first["contact"] == "held out"])
    assert 0 < len(held) < 0.3 * asked.sum()
    assert (first.loc[asked, "propensity"] == 0.9).all()
    assert (first.loc[~asked, "propensity"] == 0).all()
    # who is held out once is not contacted a week later
    both = later.index[later["contact"] == "contact"]
    assert len(both)
    assert not held & set(both)
    other = keep.make(actions.as_of(judged, "2024-03-01", campaign="spring", settings=settings)).table
    assert set(other.loc[other["contact"] == "held out", "customer"]) != held
    # a window that is over is nobody's campaign
    assert "held out" not in set(keep.make(judged).table["contact"])


def test_two_lists_a_week_apart_share_nobody_and_say_what_changed(shop):
    _, judged, settings = shop
    folders, made = {}, {}
    for day in ("2024-04-01", "2024-04-08"):
        folders[day], made[day] = actions.write_as_of(actions.as_of(judged, day, settings=settings), judged)
        if day == "2024-04-01":
            done = actions.record_sent("mine", folders[day] / "keep.csv")
            assert (done.name, done.day) == ("keep", day)
            assert actions.record_sent("mine", folders[day] / "keep.csv").new == 0
    first, second = (pd.read_parquet(f / "keep.parquet").set_index("customer") for f in folders.values())
    was, now = (set(t.index[t["contact"] == "contact"]) for t in (first, second))
    assert was
    assert not was & now
    resting = second.index[second["contact"] == "contacted lately"]
    assert len(resting)
    assert set(resting) <= was
    assert second.loc[resting, "change"].eq("left the list: contacted lately").all()
    said = next(s for s in made["2024-04-08"]["keep"].sentences if s.startswith("Since the list as of"))
    assert f"{len(resting)} contacted lately" in said
    # the same day again, compared with the same list before it: nothing is different
    again = actions.write_as_of(actions.as_of(judged, "2024-04-08", settings=settings), judged)[1]["keep"]
    assert said in again.sentences
    # what happens after a day is not known on it
    assert keep.make(actions.as_of(judged, "2024-03-01", settings=settings)).count("contacted lately") == 0


def test_new_orders_are_answered_by_the_method_of_an_own_shop(shop):
    frame, judged, _ = shop
    later = frame.assign(customer="new " + frame["customer"].str.removeprefix("="))
    later.to_csv("later.csv", index=False)
    rows, day = rows_of_orders("churn", Path("later.csv"))
    assert day == frame["timestamp"].max()
    answers = actions.apply_chosen(judged, rows)
    assert len(answers) == frame["customer"].nunique()
    model, asked = load_model(judged.run_of(judged.chosen).key), rows[rows["customer"].str.len() > 0]
    if judged.run_of(judged.chosen).kind == "classification":
        columns = [c for c, r in judged.problem.facts["roles"].items() if r in ("numeric", "categorical")]
        np.testing.assert_allclose(answers["score"], model.predict_proba(asked[columns])[:, 1])
    with pytest.raises(UsageError, match="of churn/mine needs"):
        actions.apply_chosen(judged, rows[["customer"]])


def test_a_day_before_the_judgement_ended_is_remarked(shop):
    _, judged, settings = shop
    early, today = (actions.as_of(judged, day, settings=settings) for day in ("2024-03-01", None))
    assert "that choice knew what came after" in actions.remarks(early, judged)[0]
    assert actions.remarks(today, judged) == []


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
