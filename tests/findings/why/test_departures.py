"""Departures: the lost beside those who stayed, and who looks like them now."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from crmlab.errors import NotApplicable
from crmlab.findings.why import departures
from crmlab.vocabulary import CHANCE


@pytest.fixture
def compared(make):
    """A comparison in which long silence goes with churn, and the model says so."""
    problem = make.rolling(n=300)
    days = problem.rows.set_index("row_id")["days_since_last"] / 200
    run = make.answered(problem, "hiatus", label="Hiatus", answer=lambda f, s: days.loc[s.index].to_numpy())
    chance = make.answered(problem, "prevalence", label="Base rate", control=CHANCE, answer=lambda f, s: 0.5)
    runs = {r.method: r for r in (chance, run)}
    return SimpleNamespace(
        problem=problem, name="small", task="churn", seed=1, level=0.95, runs=list(runs.values()),
        order=lambda: list(runs), run_of=runs.get, verdict=SimpleNamespace(champion=None),
    )  # fmt: skip


def test_the_portrait_is_of_the_train_rows_and_of_those_at_risk_now(compared):
    found = departures.find(compared)
    problem = compared.problem
    fold = problem.fold(max(f["fold"] for f in problem.facts["folds"]))
    lost = fold.train_outcomes["outcome"].to_numpy() == 1
    assert (found.n_lost, found.n_stayed, found.n_at_risk) == (lost.sum(), (~lost).sum(), 30)
    # the planted column comes first, and alone ranks the lost as well as it was planted to
    row = found.table.iloc[0]
    assert row["column"] == "days_since_last"
    assert row["auc"] > 0.8
    days = fold.train_rows["days_since_last"]
    assert [row["lost"], row["stayed"]] == [f"{days[m].median():.4g}" for m in (lost, ~lost)]
    now = fold.test_rows["days_since_last"].to_numpy()
    # at risk are the 30 with the highest scores, which are their days
    assert row["at_risk"] == f"{np.median(np.sort(now)[-30:]):.4g}"
    assert (
        found.sentences[0]
        .split(": ")[1]
        .startswith(f"days_since_last ({row['lost']} against {row['stayed']})")
    )
    assert list(found.head()) == ["Lost", "Stayed", "At risk now", "Everyone now", "AUC alone"]


def test_rows_are_not_told_as_people(compared, make):
    problem = compared.problem
    found = departures.find(compared)
    # two train origins of the same 300 customers
    assert found.n_lost + found.n_stayed == 600
    assert found.n_customers == 300
    assert f"the {found.n_lost} train rows of customers who then left" in found.sentences[0]
    assert "there are 300 customers)" in found.sentences[0]
    late = problem.rows.loc[problem.rows["origin"] != problem.rows["origin"].min(), "row_id"]
    compared.problem = replace(problem, folds=problem.folds[problem.folds["row_id"].isin(late)])
    found = departures.find(compared)
    assert found.n_lost + found.n_stayed == found.n_customers == 300
    assert f"the {found.n_lost} who left in the train windows from the" in found.sentences[0]


def test_texts_are_told_by_their_most_frequent_level(compared):
    found = departures.find(compared).table.set_index("column")
    name, share = found.loc["channel", "everyone"].split()
    assert name in ("web", "shop")
    assert share.endswith("%")
    assert abs(found.loc["channel", "auc"] - 0.5) < 0.1


def test_chance_is_nobodys_model(compared):
    compared.order = lambda: ["classification/prevalence"]
    with pytest.raises(NotApplicable, match="no method of churn/small"):
        departures.find(compared)
