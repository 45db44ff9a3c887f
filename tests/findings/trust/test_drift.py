"""Drift as a finding: what moved in the last window is said, and noise is not."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from crmlab.errors import NotApplicable
from crmlab.findings.trust import drift


@pytest.fixture
def comparison(make):
    """A comparison over time in which visits double after the last cutoff, without an inner hold-out."""
    problem = make.rolling(n=300)
    last = problem.rows["origin"] == problem.rows["origin"].max()
    rows = problem.rows.assign(visits=np.where(last, 8.0, 2.0) + problem.rows["visits"])
    run = SimpleNamespace(method="a", label="A", control=None, inner=None, answers=None)
    return SimpleNamespace(
        problem=replace(problem, rows=rows),
        runs=[run],
        verdict=SimpleNamespace(champion="a"),
        run_of=lambda method: run,
    )


def test_a_column_that_moved_is_said_and_stands_first(comparison, keeps_contract):
    found = drift.find(comparison)
    keeps_contract(found)
    rate, columns = found.sentences
    assert rate.startswith("From training to the last test window the base rate went from ")
    assert "columns moved by more than chance alone would, most of all visits (" in columns
    assert found.head().index[0] == "visits"
    last = found.rates.iloc[-1]
    assert (
        f"{last.train_rate:.1%} to {last.test_rate:.1%}, {100 * last.change:+.1f} percentage points" in rate
    )


def test_the_scores_of_the_champion_are_said_where_it_kept_a_hold_out(comparison):
    numbers = {"shift": 0.2, "noise": 0.05, "inner_mean": 0.4, "test_mean": 0.6}
    scores = pd.DataFrame([{"method": "a", "window": w, **numbers} for w in (0, 1)])
    said = replace(drift.find(comparison), scores=scores).sentences[2]
    assert said == (
        "The scores of A moved by 0.200 on average, from a mean of 0.400 on the inner hold-out to 0.600: "
        "more than chance alone would."
    )
    small = scores.assign(noise=0.3)
    assert (
        replace(drift.find(comparison), scores=small)
        .sentences[2]
        .endswith("not more than chance alone would.")
    )


def test_a_random_split_or_no_train_rows_cannot_drift(comparison, make):
    with pytest.raises(NotApplicable, match="the split is random"):
        drift.find(SimpleNamespace(problem=make.resampled()))
    problem = comparison.problem
    bare = replace(problem, folds=problem.folds[problem.folds["part"] == "test"])
    with pytest.raises(NotApplicable, match="no window has train rows"):
        drift.find(SimpleNamespace(problem=bare))
