"""A vendor's scores: dated, joined to the right window, judged like a method, refused where they peek."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from crmlab import params
from crmlab.comparison.compare import judged
from crmlab.comparison.vendor import METHOD, with_scores
from crmlab.errors import UsageError
from crmlab.seeds import generator
from crmlab.vocabulary import BETTER, CHANCE, NOT_APPLICABLE


@pytest.fixture
def settings():
    """The AUC alone, quickly."""
    part = params.Task("churn", ("auc",), "auc", {}, 0, {}, {})
    return params.Params(1, 1, 60.0, 0.95, 100, (), {"churn": part})


@pytest.fixture
def compared(make, settings):
    """A comparison of a method that knows something, and chance, on two windows."""
    problem = make.rolling(n=200)
    by = problem.rows.set_index("row_id")["days_since_last"]
    runs = [
        make.answered(problem, "hiatus", label="Hiatus", answer=lambda f, s: by.loc[s.index] / 200),
        make.answered(problem, "prevalence", label="Base rate", control=CHANCE, answer=lambda f, s: 0.5),
    ]
    return judged(problem, runs, settings.task("churn"), settings)


def written(path, rows):
    """Write a vendor's file."""
    pd.DataFrame(rows, columns=["customer", "date", "score"]).to_csv(path, index=False)
    return path


def customers(compared):
    """Return the customers of the rolling problem."""
    return sorted(set(compared.problem.rows["customer"]))


def test_each_window_takes_the_latest_score_before_its_cutoff(compared, settings, tmp_path):
    first, *others = customers(compared)
    rows = [(first, "2024-03-31", 0.1), (first, "2024-04-01", 0.2), (first, "2024-06-30", 0.3)]
    rows += [(customer, "2024-01-01", 0.5) for customer in others[:-1]]
    found = with_scores(compared, written(tmp_path / "acme.csv", rows), settings=settings)
    run = found.run_of(METHOD)
    assert run.label == "acme (given scores)"
    assert run.note == "0.5% have no score and take the mean"
    for cutoff, score in (("2024-04-01", 0.1), ("2024-07-01", 0.3)):
        fold = next(f for f in found.problem.facts["folds"] if f["cutoff"] == cutoff)
        own = run.answers[run.answers["fold"] == fold["fold"]].set_index("row_id")["score"]
        test = found.problem.fold(fold["fold"]).test_rows.set_index("row_id")["customer"]
        assert own[test == first].tolist() == [score]
        # who has none takes the mean of the window's
        assert own[test == others[-1]].iloc[0] == pytest.approx((score + 0.5 * 198) / 199)
    assert len(found.ranking()) == len(compared.ranking()) + 1
    assert found.score_key != compared.score_key


def test_random_scores_are_never_better_and_the_outcome_itself_is(compared, settings, tmp_path):
    rng, who = generator(1, "vendor"), customers(compared)
    for world in range(10):
        rows = [(c, "2024-03-01", s) for c, s in zip(who, rng.random(len(who)), strict=True)]
        found = with_scores(compared, written(tmp_path / f"v{world}.csv", rows), settings=settings)
        assert found.verdict.champion != METHOD or found.verdict.word != BETTER
    solution = compared.problem.solution.merge(compared.problem.rows)
    knows = solution[solution["origin"] == pd.Timestamp("2024-04-01")]
    rows = list(zip(knows["customer"], ["2024-03-01"] * len(knows), knows["outcome"], strict=True))
    last = solution[solution["origin"] == pd.Timestamp("2024-07-01")]
    rows += list(zip(last["customer"], ["2024-06-01"] * len(last), last["outcome"], strict=True))
    found = with_scores(compared, written(tmp_path / "oracle.csv", rows), settings=settings)
    assert (found.verdict.champion, found.verdict.word) == (METHOD, BETTER)


def test_a_window_without_a_score_makes_a_row_with_its_reason(compared, settings, tmp_path):
    path = written(tmp_path / "late.csv", [(c, "2024-05-01", 0.5) for c in customers(compared)])
    run = with_scores(compared, path, settings=settings).run_of(METHOD)
    assert run.status == NOT_APPLICABLE
    assert run.reason == "no customer of the window from 2024-04-01 has a score of a day before it"


@pytest.mark.parametrize(
    ("row", "says"),
    [
        (("c0000", "2024-07-01", 1.0), "line 3: date '2024-07-01' is not before 2024-07-01, the last cutoff"),
        (("c0000", "01.02.2024", 1.0), "line 3: date '01.02.2024' is not a day written as YYYY-MM-DD"),
        (("c0000", "2024-02-31", 1.0), "line 3: date '2024-02-31' is not a day"),
        (("c0000", "2024-02-01", "high"), "line 3: score 'high' is not a number"),
        (("c0001", "2024-01-01", 2.0), "line 2: customer 'c0001' has more than one score on a day"),
        ((None, "2024-01-01", 2.0), "line 3: customer 'nan' names nobody"),
    ],
)
def test_lines_that_cannot_be_meant_are_named(compared, settings, tmp_path, row, says):
    path = written(tmp_path / "vendor.csv", [("c0001", "2024-01-01", 0.5), row])
    with pytest.raises(UsageError) as refused:
        with_scores(compared, path, settings=settings)
    assert says in str(refused.value)


def test_without_dates_or_columns_it_is_refused(compared, settings, make, tmp_path):
    path = tmp_path / "vendor.csv"
    path.write_text("customer,when,score\nc0001,2024-01-01,1\n")
    with pytest.raises(UsageError, match="no column 'date': its columns are customer, when, score"):
        with_scores(compared, path, settings=settings)
    problem = make.resampled()
    run = make.answered(problem, "same", answer=lambda f, s: np.full(len(s), 0.5))
    split = judged(problem, [run], settings.task("churn"), settings)
    with pytest.raises(UsageError, match="has no dates"):
        with_scores(split, path, settings=settings)
