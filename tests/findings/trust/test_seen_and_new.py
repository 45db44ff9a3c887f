"""The four cells: who was seen before, in time and after, and what was scored."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from crmlab.comparison import harness
from crmlab.comparison.run import Run
from crmlab.errors import NotApplicable
from crmlab.findings.trust import seen_and_new
from crmlab.maths import ranking
from crmlab.vocabulary import CHANCE, OK


def fitted_here(problem, roster, fitting, *, progress):
    """Answer as `run.run` does, without its processes; what is called lifetime fails."""
    found = []
    for entry in roster:
        about = {"method": entry.method, "label": "", "control": None, "parameters": {}, "key": ""}
        if entry.method == "classification/lifetime":
            found.append(Run(**about, status="failed"))
        else:
            done = harness.answer_folds(problem, "classification/logit", entry.parameters, fitting)
            found.append(Run(**about, status=OK, answers=done.answers))
    return found


@pytest.fixture
def compared(make, monkeypatch):
    """A comparison of two train origins whose customers c0000 to c0009 are new at each of them."""
    monkeypatch.setattr(seen_and_new, "run", fitted_here)
    problem = make.rolling()
    origin = problem.rows["origin"].dt.strftime("%m")
    fresh = problem.rows["customer"].str[1:].astype(int) < 10
    names = problem.rows["customer"].where(~fresh, problem.rows["customer"] + "-" + origin)
    problem = replace(problem, rows=problem.rows.assign(customer=names))
    rng = np.random.default_rng(5)

    def answer(fact, known):
        return np.clip(known["outcome"] * 0.3 + 0.7 * rng.random(len(known)), 0, 1)

    runs = [
        make.answered(problem, "logit", label="Logit", answer=answer),
        make.answered(problem, "lifetime", label="Lifetime", answer=answer),
        make.answered(problem, "prevalence", label="Base rate", control=CHANCE, answer=lambda f, s: 0.5),
    ]
    runs.append(replace(runs[1], method="classification/failed", status="failed", answers=None))
    by_name = {r.method: r for r in runs}
    return SimpleNamespace(
        problem=problem, runs=runs, name="small", task="churn", seed=1, level=0.9, primary="auc",
        verdict=SimpleNamespace(champion="classification/logit"),
        order=lambda: list(by_name), run_of=by_name.get,
    )  # fmt: skip


def test_what_is_held_out_in_time_is_known_by_other_rows_or_not_at_all(compared):
    train = compared.problem.last_fold().train_rows
    held = seen_and_new.held_in_time(compared.problem, train, seed=1)
    [fold] = [held.fold(n) for n in held.fold_numbers()]
    latest = train["origin"].max()
    assert (fold.test_rows["origin"] == latest).all()
    assert len(fold.test_rows) == 30  # half of 60
    gone = set(fold.test_rows["customer"]) - set(fold.train_rows["customer"])
    # every second one with all rows, and those who have no other row
    assert len(gone) >= 15
    at_latest = fold.train_rows[fold.train_rows["origin"] == latest]
    assert not set(at_latest["customer"]) & set(fold.test_rows["customer"])
    assert len(at_latest) == 30
    assert set(held.folds["row_id"]) <= set(train["row_id"])
    assert held.facts["digest"] != compared.problem.facts["digest"]


def test_another_seed_holds_out_others(compared):
    train = compared.problem.last_fold().train_rows
    one, again, other = (seen_and_new.held_in_time(compared.problem, train, seed=s) for s in (1, 1, 2))
    assert one.facts["digest"] == again.facts["digest"] != other.facts["digest"]


def test_a_row_is_in_the_cell_of_its_customer_and_its_time(compared):
    found = seen_and_new.find(compared).table
    assert found["method"].drop_duplicates().tolist() == ["classification/logit", "classification/lifetime"]
    sizes = found[found["label"] == "Logit"].set_index(["when", "who"])["n"]
    # of 60 customers at each of three origins, 10 stand at one origin only
    assert sizes.loc["after"].to_dict() == {"seen": 50, "new": 10}
    assert sizes.loc["in time"].sum() == 30
    assert sizes.loc["in time", "new"] >= 15


def test_the_value_is_the_metric_of_the_cells_rows(compared):
    found = seen_and_new.find(compared).table.set_index(["label", "when", "who"])
    problem, run = compared.problem, compared.run_of("classification/logit")
    fold = problem.last_fold()
    old = fold.test_rows["customer"].isin(fold.train_rows["customer"]).to_numpy()
    last = max(f["fold"] for f in problem.facts["folds"])
    score = run.answers[run.answers["fold"] == last].set_index("row_id")["score"]
    ids = fold.test_row_ids[old]
    outcome = problem.solution.set_index("row_id").loc[ids, "outcome"].to_numpy()
    auc = ranking.auc(outcome, score.loc[ids].to_numpy(), np.ones((1, 50)))[0]
    row = found.loc[("Logit", "after", "seen")]
    assert row["value"] == pytest.approx(auc)
    assert row["lower"] < auc < row["upper"]


def test_in_time_is_a_fit_that_has_not_seen_the_rows(compared, monkeypatch):
    """Outcomes of the held rows turned round: the scores are the same, one minus the AUC."""
    problem = compared.problem
    before = seen_and_new.find(compared).table.set_index(["label", "when", "who"])["value"]
    held = seen_and_new.held_in_time(problem, problem.last_fold().train_rows, seed=1).fold(0).test_row_ids
    turned = problem.solution["outcome"].where(
        ~problem.solution["row_id"].isin(held), 1 - problem.solution["outcome"]
    )
    compared.problem = replace(problem, solution=problem.solution.assign(outcome=turned))
    after = seen_and_new.find(compared).table.set_index(["label", "when", "who"])["value"]
    for who in ("seen", "new"):
        cell = ("Logit", "in time", who)
        assert after[cell] == pytest.approx(1 - before[cell])


def test_what_was_not_scored_is_said_and_not_filled_in(compared, keeps_contract):
    found = seen_and_new.find(compared)
    keeps_contract(found)
    own = found.table[found.table["label"] == "Lifetime"].set_index(["when", "who"])
    assert own["coverage"].to_dict() == {
        ("in time", "seen"): 0.0,
        ("in time", "new"): 0.0,
        ("after", "seen"): 1.0,
        ("after", "new"): 1.0,
    }
    assert own.loc["in time", "value"].isna().all()
    shown = found.head()
    assert list(shown) == ["seen, in time", "new, in time", "seen, after", "new, after"]
    assert shown.loc["Lifetime", "seen, in time"] == "not scored (coverage 0%)"
    assert shown.loc["Logit", "seen, in time"].startswith("0.")
    assert "held out of one more fit" in found.sentences[0]
    assert found.sentences[1].startswith("Logit, AUC: seen customers ")
    assert found.sentences[2] == "A cell without a value was not scored, as by Lifetime."


@pytest.mark.parametrize(
    ("after", "said"), [(0.95, "which is more"), (0.5, "which is less"), (0.8, "with intervals that overlap")]
)
def test_the_two_times_are_compared_by_their_intervals(after, said):
    def row(who, when, value):
        about = {"method": "m", "label": "M", "who": who, "when": when, "n": 9, "coverage": 1.0}
        return about | {"value": value, "lower": value - 0.06, "upper": value + 0.06}

    values = {seen_and_new.IN_TIME: 0.75, seen_and_new.AFTER: after}
    table = pd.DataFrame([row(who, when, values[when]) for who, when in seen_and_new.CELLS])
    found = seen_and_new.Cells("AUC", "2024-01-01", "m", 0.95, table)
    assert found.sentences[1] == (
        f"M, AUC: seen customers 0.750 in time and {after:.3f} after, {said}; "
        f"new customers 0.750 in time and {after:.3f} after, {said}."
    )


def test_without_two_times_there_are_no_cells(compared, make):
    compared.problem = make.resampled()
    with pytest.raises(NotApplicable, match="nobody is seen at two times"):
        seen_and_new.find(compared)


def test_a_metric_that_nobody_answered_for_has_no_cells(compared):
    compared.primary = "interval_width"
    with pytest.raises(NotApplicable, match="no method answered with what Width of the 80 % interval needs"):
        seen_and_new.find(compared)
