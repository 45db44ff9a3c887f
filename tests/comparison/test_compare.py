"""Comparisons: what is counted as fitted, what the record holds, and what is refused."""

from __future__ import annotations

import os
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from crmlab import params, store
from crmlab.comparison import committed as committed_records
from crmlab.comparison import compare as comparing
from crmlab.comparison.keys import score_key
from crmlab.comparison.progress import reporter
from crmlab.errors import DataError, UsageError
from crmlab.problems import files
from crmlab.vocabulary import NOT_APPLICABLE, OK, ORACLE

METHODS = {
    "classification": {"prevalence": {}, "hiatus": {}, "logit": {"C": 1.0}},
    "lifetime": {"bg_nbd": {}},
}
ROSTER = ["classification/prevalence", "classification/hiatus", "classification/logit", "lifetime/bg_nbd"]
PRICES = {"contact_cost": 1.0, "margin_mean": 20.0, "margin_shape": 4.0, "accept_rate": 1.0}


def settings(*, prices: dict | None = None, methods: dict | None = None, **changes) -> params.Params:
    """Return parameters of one task with one small problem."""
    task = params.Task(
        name="churn",
        metrics=("auc", "acquisition_profit"),
        primary="auc",
        economics=PRICES | (prices or {}),
        stability_refits=0,
        methods=METHODS | (methods or {}),
        refits=1,
        problems={"small": {}},
    )
    given = {"seed": 1, "workers": 1, "seconds_per_run": 60.0, "level": 0.95, "replicates": 50}
    given |= {"datasets": (), "tasks": {"churn": task}}
    return params.Params(**(given | changes))


@pytest.fixture(scope="module")
def comparisons(make, tmp_path_factory):
    """The same comparison four times: as is, with another price, another parameter, and as is again."""
    folder = tmp_path_factory.mktemp("compare")
    (folder / store.PARAMS).write_text("seed: 1\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.delenv("DVC_ROOT", raising=False)
        patch.delenv("CRMLAB_PROGRESS", raising=False)
        files.save(make.rolling())
        stronger = {"classification": METHODS["classification"] | {"logit": {"C": 0.1}}}
        asked = {
            "first": settings(),
            "dearer": settings(prices={"contact_cost": 2.0}),
            "stronger": settings(methods=stronger),
        }
        yield {name: comparing.compare("churn", "small", settings=s) for name, s in asked.items()}


def fitted(comparison) -> list[str]:
    """Return the methods that were fitted for a comparison, and not reused."""
    return [r.method for r in comparison.runs if r.cost and not r.reused]


def keys(comparison) -> dict[str, str]:
    """Return the run keys by method."""
    return {r.method: r.key for r in comparison.runs}


# --- a test window in which everyone churned ------------------------------------------------------
WINDOWS = ["2024-04-01", "2024-07-01"]
"""The test origins of the small problem."""


def where_everyone_churned(make, origins: list[str]):
    """Compare on the small problem, with outcomes all 1 at these origins, by what the task churn asks for."""
    posed = make.rolling()
    posed.solution.loc[posed.rows["origin"].isin(pd.to_datetime(origins)).to_numpy(), "outcome"] = 1
    frames = {"rows": posed.rows, "folds": posed.folds, "solution": posed.solution}
    posed.facts["digest"] = files.digest(frames, posed.facts)
    files.save(posed)
    metrics = ("auc", "average_precision", "lift_10", "brier", "churn_profit", "retention_profit")
    asked = settings()
    part = replace(asked.tasks["churn"], metrics=metrics, economics=make.KEEPING)
    return comparing.compare("churn", "small", settings=replace(asked, tasks={"churn": part}))


def test_where_everyone_churned_in_all_windows_nothing_is_ranked_and_the_cells_say_why(project, make):
    found = where_everyone_churned(make, WINDOWS)
    answered = [r.method for r in found.runs if r.status == OK]
    assert len(answered) == 4
    auc = found.of_metric("auc").set_index("method").loc[answered]
    assert auc[["value", "lower", "upper"]].isna().all(axis=None)
    assert (auc["reason"] == "not defined on these test rows").all()
    assert len(found.scores.pairs["auc"]) == 0
    # what has a value where all are leavers puts nobody above chance, however they rank
    for metric in ("average_precision", "lift_10"):
        values = found.of_metric(metric).set_index("method").loc[answered, "value"]
        assert (values == 1.0).all()
        assert found.scores.chance[metric] == 1.0
    assert found.verdict.champion is None
    assert found.verdict.sentences[0] == "No method has a value: there is nothing to rank."
    notes = found.ranking().set_index("Method")["Note"]
    assert notes["Hiatus rule"] == "not defined on these test rows"
    kept = store.read_json(found.save(), made_by="compare")["methods"]["classification/hiatus"]["scores"]
    assert kept["auc"]["value"] is None
    assert kept["auc"]["reason"] == "not defined on these test rows"


def test_a_window_in_which_everyone_churned_is_left_out_where_it_has_no_value(project, make):
    found = where_everyone_churned(make, WINDOWS[:1])
    folds = found.scores.folds.set_index(["method", "metric", "fold"])["value"]
    board = found.of_metric("auc").set_index("method")["value"]
    for method in ("classification/hiatus", "classification/logit"):
        assert np.isnan(folds[method, "auc", 0])
        assert board[method] == folds[method, "auc", 1]
        assert folds[method, "lift_10", 0] == 1.0


# --- what is fitted -----------------------------------------------------------------------------
def test_the_first_time_everything_is_fitted(comparisons):
    assert fitted(comparisons["first"]) == ROSTER[:3]
    board = comparisons["first"].ranking().set_index("Method")
    assert "no purchase history" in board.loc["BG/NBD", "Note"]


def test_another_price_scores_again_and_fits_nothing(comparisons):
    first, dearer = comparisons["first"], comparisons["dearer"]
    assert fitted(dearer) == []
    assert keys(dearer) == keys(first)
    assert dearer.score_key != first.score_key
    profit = [c.of_metric("acquisition_profit")["value"].dropna() for c in (first, dearer)]
    assert (profit[1] < profit[0]).all()
    pd.testing.assert_frame_equal(first.of_metric("auc"), dearer.of_metric("auc"))


def test_another_parameter_fits_that_method_alone(comparisons):
    first, stronger = comparisons["first"], comparisons["stronger"]
    assert fitted(stronger) == ["classification/logit"]
    moved = {m for m, key in keys(stronger).items() if key != keys(first)[m]}
    assert moved == {"classification/logit"}
    assert stronger.score_key != first.score_key


@pytest.mark.parametrize(
    ("changes", "moves"),
    [
        ({"prices": {"margin_mean": 30.0}}, True),
        ({"prices": {"contact_cost": 1}}, False),  # YAML writes 1.0 as 1
        ({"prices": {"unasked": 1.0}}, False),
        ({"level": 0.9}, True),
        ({"replicates": 60}, True),
        ({"seed": 2}, True),
        ({"workers": 2}, False),
        ({"seconds_per_run": 5.0}, False),
    ],
)
def test_the_score_key_names_what_makes_scores(comparisons, changes, moves):
    first, other = comparisons["first"], settings(**changes)
    digest = first.problem.facts["digest"]
    runs = {r.method: (r.key, r.status) for r in first.runs}
    key = score_key("small", digest, runs, other.tasks["churn"], other)
    assert (key != first.score_key) == moves


def test_a_problem_may_have_its_own_number_of_replicates(comparisons):
    first, usual = comparisons["first"], settings()
    own = params.Params(
        **vars(usual)
        | {"tasks": {"churn": replace(usual.tasks["churn"], problems={"small": {"replicates": 7}})}}
    )
    part = own.tasks["churn"]
    again = comparing.judged(first.problem, [r for r in first.runs if r.control != ORACLE], part, own)
    assert again.score_key != first.score_key
    assert {r.method: r.key for r in again.runs} == keys(first)
    before, after = (found.of_metric("auc").dropna(subset="value") for found in (first, again))
    assert after["value"].tolist() == before["value"].tolist()
    assert after["lower"].tolist() != before["lower"].tolist()


# --- what is kept -------------------------------------------------------------------------------
def test_the_board_ranks_by_the_primary_metric(comparisons):
    first = comparisons["first"]
    board = first.ranking()
    assert list(board.columns[:6]) == ["Method", "Kind", "Control", "AUC", "lower", "upper"]
    assert board["AUC"].dropna().is_monotonic_decreasing
    assert board["Method"].iloc[-1] == "BG/NBD"
    assert set(board["Control"]) == {"oracle", "chance", "status quo", ""}
    assert first.order()[-1] == "lifetime/bg_nbd"


def test_the_record_says_what_was_compared_and_how_it_came_out(comparisons, tmp_path):
    first = comparisons["first"]
    store.write_json(tmp_path / "scores.json", first.record())  # all of it can be said in JSON
    record = store.read_json(tmp_path / "scores.json", made_by="compare")
    named = record["methods"]
    assert list(named) == first.order()
    assert set(named) == {*ROSTER, "classification/oracle"}
    assert named["classification/logit"]["parameters"] == {"C": 1.0}
    assert len(named["classification/logit"]["folds"]) == 2
    assert len(named["classification/logit"]["refits"]) == 1
    assert named["lifetime/bg_nbd"]["status"] == "not_applicable"
    assert named["lifetime/bg_nbd"]["scores"] == {}
    scores = named["classification/logit"]["scores"]["auc"]
    assert scores["lower"] < scores["value"] < scores["upper"]
    assert len(record["differences"]) == 6  # pairs of four
    assert record["verdict"]["sentences"] == list(first.verdict.sentences)
    assert record["summary"] == store.rounded(first.summary())
    assert "methods/classification/logit.py" in record["sources"]
    assert {"comparison/choice.py", "comparison/verdict.py", "metrics/auc.py"} < set(record["sources"])
    assert "metrics/brier.py" not in record["sources"]


def test_the_summary_holds_the_champion_and_its_gain_over_the_status_quo(comparisons):
    first = comparisons["first"]
    found = first.summary()
    best = first.of_metric("auc").set_index("method").loc[first.verdict.champion]
    assert [found[end] for end in ("value", "lower", "upper")] == best[["value", "lower", "upper"]].tolist()
    pairs = first.scores.pairs["auc"]
    pair = pairs[pairs["a"].isin(ROSTER[1:3]) & pairs["b"].isin(ROSTER[1:3])].iloc[0]
    assert first.verdict.champion == "classification/logit"
    assert found["gain"] == (1 if pair["a"] == "classification/logit" else -1) * pair["difference"]
    assert found["gain.lower"] < found["gain"] < found["gain.upper"]


FORGED = {
    "a number": lambda r: r["methods"]["classification/logit"]["scores"]["auc"].update(value=0.99),
    "a sentence": lambda r: r["verdict"]["sentences"].append("It is the best there is."),
    "the chosen": lambda r: r["verdict"].update(chosen="classification/hiatus"),
    "the ranking": lambda r: r.update(methods=dict(reversed(r["methods"].items()))),
    "the digest itself": lambda r: r.update(record_digest="0" * 64),
    "no digest": lambda r: r.pop("record_digest"),
}


@pytest.fixture
def committed(comparisons):
    """Write a record where git keeps it; return its path."""
    path = comparisons["first"].save("pipeline")
    yield path
    path.unlink()


@pytest.mark.parametrize("forged", FORGED)
def test_a_record_that_was_edited_is_refused(comparisons, committed, forged):
    assert committed_records.read("churn", "small")["score_key"] == comparisons["first"].score_key
    content = store.read_json(committed, made_by="compare")
    FORGED[forged](content)
    store.write_json(committed, content)
    with pytest.raises(
        DataError, match=r"churn/small\.json was edited.*dvc repro --force comparison@churn-small"
    ):
        committed_records.read("churn", "small")


def test_a_record_of_another_form_is_refused(committed):
    store.write_json(committed, store.read_json(committed, made_by="compare") | {"format": 1})
    with pytest.raises(DataError, match=r"has the format 1, not 3: run `dvc repro comparison@churn-small`"):
        committed_records.read("churn", "small")


def test_every_value_has_a_line_for_dvc(comparisons, committed):
    first = comparisons["first"]
    path = store.metrics_file("churn", "small")
    assert store.show(path) == "experiments/metrics/churn/small.json"
    kept = store.read_json(path, made_by="compare")
    assert list(kept) == sorted(first.scores.values.dropna()["method"].unique())
    assert list(kept["classification/logit"]) == ["auc", "acquisition_profit"]
    values = first.scores.values["value"].notna().sum()
    assert len(path.read_text().splitlines()) == values + 2 * len(kept) + 2


def test_predictions_are_the_rosters_sorted(comparisons):
    first = comparisons["first"]
    predictions = first.predictions()
    assert len(predictions) == 4 * 120
    assert list(predictions.columns) == ["method", "fold", "row_id", "score"]
    by = ["method", "fold", "row_id"]
    pd.testing.assert_frame_equal(predictions, predictions.sort_values(by, ignore_index=True))


def test_differences_and_costs_have_labels(comparisons):
    first = comparisons["first"]
    assert {"Base rate", "Hiatus rule", "Logistic regression"} <= {
        *first.differences()["a"],
        *first.differences()["b"],
    }
    costs = first.costs().set_index("Method")
    assert costs.loc["Logistic regression", "fits"] == 4
    assert costs.loc["BG/NBD", "status"] == "not_applicable"


def test_curves_end_at_everyone(comparisons):
    curves = comparisons["first"].curves()
    for _, curve in curves.groupby("method"):
        assert len(curve) == 101
        assert curve["y"].iloc[-1] == 1.0
        assert curve["y"].is_monotonic_increasing


def test_an_interactive_run_writes_to_scratch(comparisons):
    first = comparisons["first"]
    path = first.save()
    assert store.show(path) == "experiments/scratch/churn/small/scores.json"
    assert not store.scores_file("churn", "small").exists()
    assert store.show(first.save("pipeline")) == "experiments/scores/churn/small.json"
    before = {
        p: p.read_bytes()
        for p in (store.predictions_file("churn", "small"), store.curves_file("churn", "small"))
    }
    first.save("pipeline")
    assert {p: p.read_bytes() for p in before} == before
    with pytest.raises(UsageError, match="output = 'elsewhere' must be 'pipeline' or 'scratch'"):
        first.save("elsewhere")


# --- what is refused ----------------------------------------------------------------------------
def test_a_method_that_is_not_compared(comparisons):
    with pytest.raises(UsageError, match="'classification/tree' is not in the comparison churn/small"):
        comparisons["first"].run_of("classification/tree")


def test_a_kind_that_the_task_does_not_take(comparisons):
    with pytest.raises(UsageError, match=r"'churn' takes classification, lifetime: not clustering/kmeans"):
        comparing.compare("churn", "small", settings=settings(methods={"clustering": {"kmeans": {}}}))


def test_a_kind_that_answers_as_one_that_the_task_takes_is_taken(comparisons):
    name = "lifetime_covariates/pareto_nbd_covariates"
    more = {"lifetime_covariates": {"pareto_nbd_covariates": {}}}
    run = comparing.compare("churn", "small", settings=settings(methods=more)).run_of(name)
    assert (run.status, run.reason.split(":")[0]) == (NOT_APPLICABLE, "no purchase history")


def test_an_unknown_task(comparisons):
    with pytest.raises(UsageError, match="no task is called 'chrun'"):
        comparing.compare("chrun", "small", settings=replace(settings()))


# --- progress -----------------------------------------------------------------------------------
def test_progress_goes_to_the_named_file(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("CRMLAB_PROGRESS", str(tmp_path / "line"))
    report = reporter("churn/small")
    report("method 1 of 3")
    assert (tmp_path / "line").read_text() == "churn/small: method 1 of 3"
    report("")
    assert (tmp_path / "line").read_text() == ""
    assert capsys.readouterr() == ("", "")


def test_progress_does_not_flood_what_is_no_terminal(monkeypatch, capsys):
    monkeypatch.delenv("CRMLAB_PROGRESS", raising=False)
    reporter("churn/small")("method 1 of 3")
    assert capsys.readouterr() == ("", "")
    assert "CRMLAB_PROGRESS" not in os.environ
