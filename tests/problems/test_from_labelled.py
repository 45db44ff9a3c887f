"""Labelled tables as problems: blocks in time, columns left out, and barred columns that stay out."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from crmlab import store
from crmlab.comparison import harness
from crmlab.errors import CrmlabError, UsageError
from crmlab.kinds import Fitting
from crmlab.problems import from_labelled
from crmlab.problems.pose import pose as posing

BLOCKS = {"dataset": "bank_marketing", "protocol": "blocks", "first_share": 0.5, "windows": 2}


def calls(n: int = 40) -> pd.DataFrame:
    """Return a labelled table in time order; `duration` gives the outcome away."""
    outcome = np.arange(n) % 4 == 0
    return pd.DataFrame(
        {
            "row_id": [f"{i:03d}" for i in range(n)],
            "outcome": outcome.astype(np.int64),
            "period": range(n),
            "duration": outcome * 100.0,
            "age": np.arange(n) % 7,
            "contact": ["phone", "post"] * (n // 2),
        }
    )


def pose(table: pd.DataFrame | None = None, **spec):
    return from_labelled.pose(
        calls() if table is None else table, BLOCKS | spec, barred={"duration": "known too late"}, seed=1
    )


def test_the_facts_of_each_block():
    table = calls()
    table["outcome"] = [0, 1] * 15 + [1] * 10
    found = pose(table).facts["windows"]
    assert [w["test_periods"] for w in found] == [[20, 29], [30, 39]]
    assert [(w["n_train"], w["n_test"]) for w in found] == [(20, 10), (30, 10)]
    assert [(w["base_rate_train"], w["base_rate_test"]) for w in found] == [(0.5, 0.5), (0.5, 1.0)]


def test_a_random_split_names_no_period():
    made = pose(protocol="cross_validation", folds=2)
    assert [w["test_periods"] for w in made.facts["windows"]] == [None, None]
    assert "rows_out_of_order" not in made.facts


@pytest.mark.parametrize(("period", "behind"), [([1, 1, 2, 3], 0), ([1, 3, 2, 2], 2)])
def test_rows_behind_a_later_period_are_counted(period, behind):
    table = calls(4).assign(period=period, outcome=[0, 1, 0, 1])
    assert pose(table, windows=1).facts["rows_out_of_order"] == behind


def test_a_column_left_out_is_gone_and_told():
    made = pose(leave_out=["age"])
    assert "age" not in made.rows
    assert "age" not in made.roles
    assert made.facts["left_out"] == ["age"]
    assert "age" in pose().rows


@pytest.mark.parametrize("name", ["ages", "period", "outcome"])
def test_only_a_feature_can_be_left_out(name):
    with pytest.raises(UsageError, match=f"no column '{name}' to leave out"):
        pose(leave_out=[name])
    with pytest.raises(UsageError, match="Did you mean 'age'"):
        pose(leave_out=["ages"])


def test_an_unknown_protocol_names_those_there_are():
    with pytest.raises(UsageError, match="use chronological, blocks or cross_validation"):
        pose(protocol="rolling")


@pytest.fixture
def tables(project):
    """Write the tables of bank_marketing, with the column that its card bars."""
    file = store.tables_folder("bank_marketing") / "labelled.parquet"
    store.write_frame(file, calls())
    known = {"labelled": {"digest": store.digest(store.read_table(file, made_by=""))}}
    fingerprint = {"tables": known, "barred": {}, "span": None}
    store.write_json(store.fingerprint_file("bank_marketing"), fingerprint)


@pytest.mark.usefixtures("tables")
@pytest.mark.parametrize(
    "asked",
    [{}, {"leave_out": []}, {"barred": []}, {"take_in": ["duration"]}, {"roles": {"duration": "numeric"}}],
)
def test_a_barred_column_never_enters_a_problem(asked):
    posed = posing("acquisition", "tried", BLOCKS | asked, seed=1)
    assert "duration" not in posed.rows
    assert "duration" not in posed.facts["roles"]
    assert set(posed.facts["barred"]) == {"duration"}
    handed = posed.fold(0)
    assert "duration" not in handed.train_rows
    assert "duration" not in handed.test_rows


@pytest.mark.usefixtures("tables")
def test_a_method_that_asks_for_a_barred_column_gets_no_answer():
    posed = posing("acquisition", "tried", BLOCKS, seed=1)
    parameters = {"column": "duration", "prior_rows": 1.0}
    with pytest.raises(CrmlabError, match="duration"):
        harness.answer_folds(posed, "classification/rate_by_level", parameters, Fitting(1))
