"""The ranked prospect list: what each column means, whom it spares, and where it goes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import small_comparisons
from typer.testing import CliRunner

from crmlab import tracking
from crmlab.actions import win
from crmlab.cli import command
from crmlab.comparison import compare as comparing
from crmlab.errors import NotApplicable, UsageError
from crmlab.maths import profit
from crmlab.tracking import server

# what mlflow and its libraries say of themselves, which we cannot mend
pytestmark = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::FutureWarning"),
    pytest.mark.filterwarnings("ignore::UserWarning"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


@pytest.fixture(scope="module")
def comparison(make, tmp_path_factory):
    """A comparison whose champion is a logistic regression, in a project of its own."""
    with small_comparisons.acquisition(make, tmp_path_factory.mktemp("prospects")) as found:
        assert found.verdict.champion == "classification/logit", found.verdict.sentences
        yield found


@pytest.fixture(scope="module")
def listed(comparison):
    """The list."""
    return win.make(comparison)


@pytest.fixture(scope="module")
def model(comparison):
    """The address of the registered champion."""
    tracking.initialise()
    tracking.track(comparison, comparing.PIPELINE)
    return "acquisition.small@champion"


def rows_of(comparison):
    """Return the last window's rows by prospect."""
    last = max(comparison.problem.fold_numbers())
    return comparison.problem.fold(last).test_rows.set_index("customer")


# --- the list -----------------------------------------------------------------------------------
def test_everyone_of_the_last_window_is_on_it_best_first(comparison, listed):
    table, champion = listed.table, comparison.run_of("classification/logit")
    assert sorted(table["customer"]) == sorted(rows_of(comparison).index)
    assert table["expected_profit"].is_monotonic_decreasing
    last = max(comparison.problem.fold_numbers())
    recorded = champion.answers[champion.answers["fold"] == last].sort_values("score")["score"]
    assert sorted(table["score"]) == recorded.tolist()
    # equal profits stand in the order of the scores, and the rate never falls with the score
    assert table["score"].is_monotonic_decreasing


def test_money_is_the_probability_times_the_margin_less_the_contact(listed):
    table = listed.table
    np.testing.assert_allclose(table["expected_profit"], 0.5 * 10.0 * table["probability"] - 1.0)
    assert table[["lower", "probability", "upper"]].apply(lambda r: r.is_monotonic_increasing, axis=1).all()
    assert table["probability"].between(0, 1).all()


def test_without_a_declared_effect_the_list_says_reach_and_claims_no_gain(comparison, listed):
    prices = {**comparison.economics, "accept_rate": 1.0}
    found = win.make(replace(comparison, economics=prices))
    np.testing.assert_allclose(found.table["reach"], 10.0 * found.table["probability"])
    assert found.table["expected_profit"].isna().all()
    assert found.table["score"].is_monotonic_decreasing
    assert "Reach" in found.head()
    assert "Expected profit" not in found.head()
    reached = found.table.loc[found.chosen, "reach"].sum()
    assert (
        f"there is no gain to expect: those listed for a contact reach {reached:,.2f}" in found.sentences[1]
    )
    assert "reach" not in listed.table
    assert "no gain" not in listed.sentences[1]


def test_deciles_are_tenths_and_ties_share_one(listed):
    table = listed.table
    assert table["decile"].between(1, 10).all()
    assert (table.groupby("score")["decile"].nunique() == 1).all()
    assert table["decile"].is_monotonic_increasing
    distinct = pd.Series(np.linspace(1, 0, 100))
    known = listed.known | {"deciles": [float(distinct[10 * d + 9]) for d in range(10)]}
    found = win.decided(distinct, pd.DataFrame(index=distinct.index), known)["decile"]
    assert found.tolist() == list(np.repeat(np.arange(1, 11), 10))


def test_nobody_is_contacted_without_a_yes(comparison, listed):
    consent = rows_of(comparison)["consent"].reindex(listed.table["customer"]).to_numpy()
    contact = listed.table["contact"].to_numpy()
    assert set(contact) == {"contact", "not worth it", "no consent"}
    assert (contact[~(consent == 1)] == "no consent").all()  # 0 and unknown
    assert (contact[consent == 1] != "no consent").all()


def test_the_depth_is_the_one_of_the_metric_chosen_on_the_inner_hold_out(comparison, listed):
    run, last = comparison.run_of("classification/logit"), max(comparison.problem.fold_numbers())
    inner = run.inner[run.inner["fold"] == last]
    outcome = comparison.problem.solution.set_index("row_id").loc[inner["row_id"], "outcome"]
    depth = profit.best_depth(outcome.to_numpy(), inner["score"].to_numpy(), margin=5.0, contact_cost=1.0)
    assert listed.known["depth"] == depth
    assert 0 < depth < 1
    worth = listed.table["score"] >= listed.known["contact_from"]
    largest_tie = listed.table["score"].value_counts().max()
    assert abs(worth.sum() - depth * len(worth)) <= largest_tie


def test_test_outcomes_change_nothing_of_the_list(comparison, listed):
    posed = comparison.problem
    last = max(posed.fold_numbers())
    tested = posed.folds[(posed.folds["fold"] == last) & (posed.folds["part"] == "test")]["row_id"]
    solution = posed.solution.copy()
    hit = solution["row_id"].isin(tested)
    solution.loc[hit, "outcome"] = 1 - solution.loc[hit, "outcome"]
    turned = win.make(replace(comparison, problem=replace(posed, solution=solution)))
    pd.testing.assert_frame_equal(turned.table, listed.table)
    assert turned.sentences[-1] != listed.sentences[-1]


def test_reasons_are_three_and_for_the_asked_and_the_top(comparison, listed):
    reasons = listed.table.filter(like="reason_")
    assert list(reasons) == ["reason_1", "reason_2", "reason_3"]
    assert reasons["reason_1"].str.match(r"visits \d+: prospects like that are won more often").head(5).all()
    top = win.make(comparison, reasoned=5).table.filter(like="reason_")
    pd.testing.assert_frame_equal(top.head(5), reasons.head(5))
    asked = (listed.table["contact"] == "contact").to_numpy()
    assert (top.iloc[5:][~asked[5:]] == "").all(axis=None)
    pd.testing.assert_frame_equal(top[asked], reasons[asked])


def test_the_sentences_count_what_the_list_says(comparison, listed):
    counts = listed.table["contact"].value_counts()
    first, depth, probability, back = listed.sentences
    assert f"{counts['contact']} are to be contacted and {counts['not worth it']} are not worth it" in first
    never = comparison.problem.last_fold().test_rows["consent"].isna().sum()
    assert 0 < never < counts["no consent"]
    assert f"{counts['no consent']} gave no consent ({never} of them never told)" in first
    assert f"the {listed.known['depth']:.1%} with the best scores" in depth
    assert "95% interval" in probability
    chosen = (listed.table["contact"] == "contact").to_numpy()
    assert back.startswith(f"Looking back, {listed.outcome[chosen].mean():.1%} of them were won")


def test_the_head_is_for_readers(listed):
    head = listed.head(3)
    assert head.index.tolist() == listed.table["customer"].head(3).tolist()
    assert head["Why"].str.contains("like that are won more often").all()
    assert head["Probability"].str.contains("[", regex=False).all()


# --- without an inner hold-out, without scores --------------------------------------------------
def without_inner(comparison, **changes):
    """Return the comparison with no inner hold-out and other answers of the champion."""
    runs = [replace(r, inner=None, **changes) for r in comparison.runs]
    return replace(comparison, runs=runs)


def test_without_an_inner_hold_out_the_score_is_the_probability(comparison):
    found = win.make(without_inner(comparison))
    table = found.table
    assert (table["probability"] == table["score"]).all()
    assert table[["lower", "upper"]].isna().all(axis=None)
    allowed = table["contact"] != "no consent"
    paying = table["expected_profit"] > 0
    assert (table.loc[allowed, "contact"] == np.where(paying[allowed], "contact", "not worth it")).all()
    assert "no inner hold-out" in found.sentences[1]
    assert "without an interval" in found.sentences[2]


def test_scores_that_are_no_probabilities_need_one(comparison):
    answers = comparison.run_of("classification/logit").answers
    rank = without_inner(comparison, answers=answers.assign(score=100 * answers["score"]))
    with pytest.raises(NotApplicable, match=r"not probabilities.*set inner_share"):
        win.make(rank)


def test_who_has_no_margin_wins_nobody(comparison):
    with pytest.raises(NotApplicable, match="names no margin"):
        win.make(replace(comparison, economics={"contact_cost": 1.0}))
    nobody = replace(comparison, verdict=replace(comparison.verdict, champion=None))
    with pytest.raises(NotApplicable, match="no champion"):
        win.make(nobody)


# --- the registered model -----------------------------------------------------------------------
def test_the_head_and_the_drift_are_artefacts(comparison, model):
    client = server.connect().MlflowClient()
    experiment = client.get_experiment_by_name("acquisition").experiment_id
    held = {}
    for run in client.search_runs([experiment]):
        files = client.list_artifacts(run.info.run_id) + client.list_artifacts(run.info.run_id, "drift")
        held[run.info.run_name] = {f.path for f in files}
    assert "win_head.csv" in held["Logistic regression"]
    assert "win_head.csv" not in held["Base rate"]
    assert held["small"] >= {"drift/base_rates.csv", "drift/columns.csv", "drift/scores.csv"}


def test_new_prospects_are_answered_like_the_list(comparison, listed, model, tmp_path):
    new = rows_of(comparison).drop(columns="origin").reset_index()
    new.to_csv(tmp_path / "new.csv", index=False)
    asked = ["apply", "acquisition", "--model", model, "--input", str(tmp_path / "new.csv")]
    ended = CliRunner().invoke(command.app, [*asked, "--output", str(tmp_path / "answers.parquet")])
    assert ended.exit_code == 0, ended.output
    answers = pd.read_parquet(tmp_path / "answers.parquet")
    assert answers["customer"].tolist() == new["customer"].tolist()
    known = listed.table.set_index("customer").loc[answers["customer"]].reset_index()
    pd.testing.assert_frame_equal(answers[list(known)], known, check_dtype=False)


def test_a_prospects_answer_does_not_depend_on_who_else_is_asked(comparison, model):
    rows = rows_of(comparison).reset_index()
    whole, part = tracking.apply(model, rows), tracking.apply(model, rows.iloc[7:10])
    pd.testing.assert_frame_equal(part, whole.iloc[7:10].reset_index(drop=True))


def test_wrong_columns_are_named_and_nobody_is_scored(comparison, model, tmp_path):
    rows = comparison.problem.rows
    with pytest.raises(UsageError, match=r"'visits'. Did you mean 'visit'"):
        tracking.apply(model, rows.rename(columns={"visits": "visit"}))
    with pytest.raises(UsageError, match="'visits' must hold numbers"):
        tracking.apply(model, rows.assign(visits="many"))
    path = Path(tmp_path / "new.csv")
    rows.drop(columns=["channel", "visits"]).to_csv(path, index=False)
    asked = ["apply", "acquisition", "--model", model, "--input", str(path)]
    ended = CliRunner().invoke(command.app, [*asked, "--output", str(tmp_path / "answers.csv")])
    assert isinstance(ended.exception, UsageError)
    assert "'channel'" in str(ended.exception)
    assert "'visits'" in str(ended.exception)
    assert not (tmp_path / "answers.csv").exists()


def test_levels_that_look_like_numbers_are_texts(comparison, model):
    rows = rows_of(comparison).reset_index().iloc[:2]
    numbers = tracking.apply(model, rows.assign(channel=[7.0, np.nan]))
    texts = tracking.apply(model, rows.assign(channel=pd.Series(["7", None], dtype=object)))
    pd.testing.assert_frame_equal(numbers, texts)
    assert numbers["score"].notna().all()
