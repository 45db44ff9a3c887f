"""The retention list: whose loss costs most, whom it spares, what it costs, and where it goes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import small_comparisons

from crmlab.actions import keep
from crmlab.comparison.run import Run
from crmlab.errors import NotApplicable
from crmlab.params import prices
from crmlab.vocabulary import OK


@pytest.fixture
def compared(project, make):
    """A comparison led by the hiatus rule; customers have spent, and some gave consent."""
    return small_comparisons.keeping(make)


def last_rows(compared):
    """Return the last window's rows by customer."""
    return compared.problem.fold(max(compared.problem.fold_numbers())).test_rows.set_index("customer")


def test_money_is_what_is_worked_out_from_the_rows(compared):
    table = keep.make(compared).table
    rows = last_rows(compared).loc[table["customer"]]
    assert len(table) == 100
    np.testing.assert_allclose(table["value"], 0.5 * rows["total_spend"])
    np.testing.assert_allclose(table["value_at_risk"], table["probability"] * table["value"])
    p = table["probability"]
    np.testing.assert_allclose(table["expected_profit"], 0.3 * p * (table["value"] - 5) - (1 - p) * 5 - 1)
    assert table["expected_profit"].is_monotonic_decreasing


@pytest.mark.parametrize("measured", [0.25, None])
def test_a_measured_margin_goes_before_the_declared_one_and_is_told(compared, monkeypatch, measured):
    monkeypatch.setattr(keep, "measured_margin", lambda comparison: measured)
    found = keep.make(compared)
    rows = last_rows(compared).loc[found.table["customer"]]
    np.testing.assert_allclose(found.table["value"], (measured or 0.5) * rows["total_spend"])
    assert (
        f"value is {measured or 0.5:.1%} of what the customer spent so far, by the year" in found.sentences[1]
    )
    assert "the past as it was, no forecast" in found.sentences[1]
    own = "by the shop's own costs; the metrics of the board are at the declared 50.0%." in found.sentences[1]
    assert own == (measured is not None)
    assert ("the task's declared margin: what the goods cost is not known" in found.sentences[1]) != own
    # the prices of the board stay what they are
    assert compared.economics["margin_share"] == 0.5


def test_the_budget_goes_to_the_best_who_may_be_contacted_and_pay(compared):
    table = keep.make(compared).table
    consent = last_rows(compared).loc[table["customer"], "consent"].to_numpy()
    assert (table["contact"][~(consent == 1)] == "no consent").all()
    asked = table[consent == 1]
    # 100 of 1,000 at a cost of 1 are 10 of 100 customers, the best first
    assert asked["contact"].head(10).tolist() == ["contact"] * 10
    paying = asked["expected_profit"] > 0
    assert (asked["contact"][10:] == np.where(paying[10:], "over budget", "not worth it")).all()
    assert {"over budget", "not worth it"} <= set(asked["contact"])


def test_the_prices_that_the_shop_says_go_before_those_of_the_task(compared, monkeypatch):
    own = {"contact_cost": 2.0, "budget": 8.0}
    monkeypatch.setattr(prices, "of", lambda dataset: own if dataset == "made_up" else {})
    found = keep.make(compared)
    assert (found.prices["contact_cost"], found.prices["margin_share"]) == (2.0, 0.5)
    # 8 at a cost of 2 are 4 customers, however many there are
    assert (found.table["contact"] == "contact").sum() == 4
    assert compared.economics["contact_cost"] == 1.0


def test_once_the_method_is_picked_test_outcomes_change_nothing_but_the_look_back(compared):
    before = keep.make(compared)
    solution = compared.problem.solution.copy()
    tested = compared.problem.fold(max(compared.problem.fold_numbers())).test_row_ids
    solution.loc[tested, "outcome"] = 1 - solution.loc[tested, "outcome"]
    compared.problem = replace(compared.problem, solution=solution)
    after = keep.make(compared)
    pd.testing.assert_frame_equal(after.table, before.table)
    assert after.sentences[:3] == before.sentences[:3]
    assert after.sentences[3] != before.sentences[3]
    # the pick itself was made on them
    assert after.sentences[3].endswith("The method was picked on these outcomes too, so this flatters.")


@pytest.mark.parametrize(
    ("shift", "held", "said"),
    [
        (0.2, False, "which lies outside: the scores of Hiatus are too high to be taken for probabilities"),
        (-0.2, False, "which lies outside: the scores of Hiatus are too low to be taken for probabilities"),
        (0.2, True, "which lies outside: the rates of the hold-out are too high here"),
        (0.0, False, "which lies inside;"),
    ],
)
def test_a_look_back_beyond_its_interval_is_held_against_the_scores(compared, shift, held, said):
    found = keep.make(compared)
    table = found.table.assign(contact="contact", probability=0.6 + shift)
    outcome = np.repeat([1, 0], [60, 40])
    found = replace(found, table=table, outcome=outcome, n_inner=50 * held)
    # Wilson's interval of 60 of 100
    back = found.sentences[3]
    assert f"60.0% of them were silent (95% interval 50.2% to 69.1%), {0.6 + shift:.1%} were" in back
    assert said in back
    assert ("so is the expected profit" in found.sentences[3]) == (shift != 0)


def test_value_at_risk_is_told_with_those_of_the_silent_who_came_back(compared):
    problem = compared.problem
    fold = problem.fold(max(problem.fold_numbers()))
    # silent in the 90 days from January on; July's rows say when they last bought
    early = fold.train_rows["origin"] == pd.Timestamp("2024-01-01")
    silent = fold.train_rows[early & (fold.train_outcomes["outcome"] == 1)]
    now = fold.test_rows.set_index("customer")["days_since_last"].loc[silent["customer"]].to_numpy()
    # from 31 March, the first day after that window, to 30 June are 92 days
    back = now <= 91
    assert 0 < back.sum() < len(silent)
    found = keep.make(compared)
    share = silent["total_spend"][back].sum() / silent["total_spend"].sum()
    kept = found.returned
    assert (kept.origin, kept.silent, kept.returned, kept.days) == ("2024-01-01", len(silent), back.sum(), 92)
    assert kept.value_share == pytest.approx(share)
    assert (
        f"{back.sum()} ({back.mean():.1%}) of {len(silent)} silent in the 90 days from 2024-01-01 bought "
        f"again in the 92 days after, with {share:.1%} of their value, so it is an upper bound"
    ) in found.sentences[1]
    nobody = replace(found, returned=replace(kept, returned=0))
    assert "none bought again in the 92 days after." in nobody.sentences[1]


def test_where_coming_back_cannot_be_known_value_at_risk_is_called_an_upper_bound(compared):
    # the label window of April has not ended a horizon before July
    rows = compared.problem.rows
    kept = compared.problem.folds
    late = rows.loc[rows["origin"] != pd.Timestamp("2024-01-01"), "row_id"]
    compared.problem = replace(compared.problem, folds=kept[kept["row_id"].isin(late)])
    found = keep.make(compared)
    assert found.returned is None
    assert (
        "the year's margin of customers silent for 90 days, as if none of them came back; some do, so it is "
        "an upper bound"
    ) in found.sentences[1]
    contract = replace(found, horizon_days=None)
    assert "the year's margin of those who leave" in contract.sentences[1]
    assert "came back" not in contract.sentences[1]


def test_the_sentences_count_what_the_list_says(compared):
    found = keep.make(compared)
    chosen = (found.table["contact"] == "contact").to_numpy()
    earned = found.table.loc[chosen, "expected_profit"].sum()
    assert f"10 are to be contacted, with an expected profit of {earned:,.2f} in all" in found.sentences[0]
    left = found.outcome[chosen]
    value = found.table.loc[chosen, "value"]
    real = np.where(left == 1, 0.3 * (value - 5) - 1, -6.0).sum()
    assert f"{left.mean():.1%} of them were silent" in found.sentences[3]
    assert f"would have earned {real:,.2f}." in found.sentences[3]


def test_a_hold_out_turns_scores_into_rates(compared):
    problem, run = compared.problem, compared.runs[0]
    last = max(problem.fold_numbers())
    train = problem.fold(last).train_rows["row_id"]
    # any scale will do: here a hundredfold score
    answers = run.answers.assign(score=100 * run.answers["score"])
    outcome = problem.solution.set_index("row_id").loc[train, "outcome"]
    inner = pd.DataFrame({"fold": last, "row_id": train, "score": np.where(outcome == 1, 60.0, 40.0)})
    compared.runs[0] = replace(run, answers=answers, inner=inner)
    table = keep.make(compared).table
    assert table.loc[table["score"] <= 40, "probability"].eq(0).all()
    assert table.loc[table["score"] >= 60, "probability"].eq(1).all()
    compared.runs[0] = replace(run, answers=answers)
    with pytest.raises(NotApplicable, match=r"not probabilities.*set inner_share"):
        keep.make(compared)
    # the next best whose scores are probabilities takes its place
    compared.runs.append(replace(run, method="lifetime/bg_nbd", label="BG/NBD"))
    assert keep.make(compared).label == "BG/NBD"


def test_reasons_are_those_of_the_model_and_only_for_the_top_where_asked(compared):
    found = keep.make(compared, reasoned=5)
    told = found.table.filter(like="reason_")
    assert (
        told["reason_1"]
        .head(5)
        .str.match(r"has not bought for \d+ days: customers like|brings \d+ a year if|^$")
        .all()
    )
    assert told["reason_2"].str.match(r"has not bought for .* less often|^$").all()
    asked = (found.table["contact"] == "contact").to_numpy()
    assert asked[5:].any()
    assert (told[asked]["reason_1"] != "").sum() > 5
    assert (told.iloc[5:][~asked[5:]] == "").all(axis=None)
    assert (
        f"the reasons, for {(told['reason_1'] != '').sum()} of the list, are those of Hiatus"
        in (found.sentences[2])
    )
    assert found.explained_by == "Hiatus"
    # a lifetime model's scores are explained by the best classifier
    lifetime = replace(compared.runs[0], method="lifetime/bg_nbd", label="BG/NBD")
    compared.runs.append(lifetime)
    compared.verdict.champion = "lifetime/bg_nbd"
    found = keep.make(compared)
    assert (found.label, found.explained_by) == ("BG/NBD", "Hiatus")


def test_without_spend_everyone_is_worth_the_same_and_without_prices_there_is_no_list(compared):
    rows = compared.problem.rows.drop(columns=["T_days", "consent"])
    compared.problem = replace(compared.problem, rows=rows)
    found = keep.make(compared)
    assert (found.table["value"] == 200.0).all()
    assert "200 for everybody" in found.sentences[1]
    assert "do not say who consented" in found.sentences[0]
    del compared.economics["margin_share"]
    with pytest.raises(NotApplicable, match="names no margin_share"):
        keep.make(compared)


def test_nobody_scored(compared):
    compared.runs[0] = Run("classification/hiatus", "Hiatus", None, {}, "hiatus", "failed")
    with pytest.raises(NotApplicable, match="no method of churn/small answered with scores"):
        keep.make(compared)
    assert compared.runs[1].status == OK
