"""The four cells: who was seen before, in time and after, and what was scored."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from crmlab import cells
from crmlab.errors import NotApplicable
from crmlab.maths import ranking
from crmlab.vocabulary import CHANCE, OK


@pytest.fixture
def compared(make):
    """A comparison whose customers c0000 to c0009 are new at each origin; one method has no hold-out."""
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
    last = max(f["fold"] for f in problem.facts["folds"] if f["refit"] == 0)
    train = problem.fold(last).train_rows
    held = train[train["origin"] == train["origin"].max()]["row_id"]
    inner = pd.DataFrame({"fold": last, "row_id": held, "score": rng.random(len(held))})
    runs[0] = replace(runs[0], inner=inner)
    runs.append(replace(runs[1], method="classification/failed", status="failed", answers=None))
    by_name = {r.method: r for r in runs}
    return SimpleNamespace(
        problem=problem, runs=runs, name="small", task="churn", seed=1, level=0.9,
        order=lambda: list(by_name), run_of=by_name.get,
    )  # fmt: skip


def test_a_row_is_in_the_cell_of_its_customer_and_its_time(compared):
    found = cells.of(compared).table
    assert found["method"].drop_duplicates().tolist() == ["classification/logit", "classification/lifetime"]
    sizes = found[found["label"] == "Logit"].set_index(["when", "who"])["n"]
    # 60 customers at each of three origins, 10 of them at one origin only
    assert sizes.to_dict() == {
        ("in time", "seen"): 50,
        ("in time", "new"): 10,
        ("after", "seen"): 50,
        ("after", "new"): 10,
    }


def test_the_value_is_the_auc_of_the_cells_rows(compared):
    found = cells.of(compared).table.set_index(["label", "when", "who"])
    problem, run = compared.problem, compared.run_of("classification/logit")
    last = max(f["fold"] for f in problem.facts["folds"] if f["refit"] == 0)
    fold = problem.fold(last)
    old = fold.test_rows["customer"].isin(fold.train_rows["customer"]).to_numpy()
    score = run.answers[run.answers["fold"] == last].set_index("row_id")["score"]
    ids = fold.test_row_ids[old]
    outcome = problem.solution.set_index("row_id").loc[ids, "outcome"].to_numpy()
    auc = ranking.auc(outcome, score.loc[ids].to_numpy(), np.ones((1, 50)))[0]
    row = found.loc[("Logit", "after", "seen")]
    assert row["auc"] == pytest.approx(auc)
    assert row["lower"] < auc < row["upper"]
    assert row["base_rate"] == pytest.approx(outcome.mean())


def test_what_was_not_scored_is_said_and_not_filled_in(compared):
    found = cells.of(compared)
    own = found.table[found.table["label"] == "Lifetime"].set_index(["when", "who"])
    assert own["coverage"].to_dict() == {
        ("in time", "seen"): 0.0,
        ("in time", "new"): 0.0,
        ("after", "seen"): 1.0,
        ("after", "new"): 1.0,
    }
    assert own.loc["in time", "auc"].isna().all()
    shown = found.head()
    assert list(shown) == ["seen, in time", "new, in time", "seen, after", "new, after"]
    assert shown.loc["Lifetime", "seen, in time"] == "not scored (coverage 0%)"
    assert shown.loc["Logit", "seen, in time"].startswith("0.")
    assert found.sentences[1] == "A cell without a value was not scored, as by Lifetime."


def test_a_part_is_a_part(compared):
    run = compared.run_of("classification/logit")
    compared.runs[0] = replace(run, inner=run.inner.iloc[::2])
    compared.run_of = {r.method: r for r in compared.runs}.get
    found = cells.of(compared).table.set_index(["label", "when", "who"])
    covered = found.sort_index().loc[("Logit", "in time"), ["n", "coverage"]]
    assert (covered["n"] * covered["coverage"]).sum() == pytest.approx(30)


def test_without_two_times_there_are_no_cells(compared, make):
    compared.problem = make.resampled()
    with pytest.raises(NotApplicable, match="nobody is seen at two times"):
        cells.of(compared)
    assert compared.runs[0].status == OK
