"""The demonstration of a leak: what a barred column would have bought, or would not have."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from crmlab import store
from crmlab.errors import NotApplicable, UsageError
from crmlab.findings.claims import leak
from crmlab.params import Entry

LOGIT = [Entry("classification/logit", {"C": 1.0})]
SPECS = {
    "in_time": {"dataset": "bank_marketing", "protocol": "chronological", "train_share": 0.5, "refits": 3},
    "at_random": {"dataset": "bank_marketing", "protocol": "cross_validation", "folds": 2},
}


def calls(project, *, gives_away: bool, n: int = 300) -> pd.DataFrame:
    """Write a labelled table in which `age` tells a little of the outcome and `duration` all, or nothing."""
    rng = np.random.default_rng(4)
    outcome = (rng.random(n) < 0.4).astype(np.int64)
    table = pd.DataFrame(
        {
            "row_id": [f"{i:04d}" for i in range(n)],
            "outcome": outcome,
            "period": range(n),
            "age": outcome + rng.normal(0, 1.5, n),
            "duration": outcome * 10.0 if gives_away else np.zeros(n),
        }
    )
    store.write_frame(store.tables_folder("bank_marketing") / "labelled.parquet", table)
    return table


def test_a_leak_buys_accuracy_under_every_protocol(project):
    calls(project, gives_away=True)
    found = leak.demonstrate("bank_marketing", "duration", SPECS, LOGIT, replicates=200, seed=1)
    assert found.table["problem"].tolist() == ["in_time", "at_random"]
    assert found.table["with_column"].tolist() == [1.0, 1.0]
    assert found.table["without_column"].between(0.55, 0.9).all()
    np.testing.assert_allclose(found.table["gain"], 1 - found.table["without_column"])
    assert (found.table["lower"] > 0).all()
    first, *rest = found.sentences
    assert first.startswith("`duration` is barred: ")
    assert all("that is what the leak would have bought" in s for s in rest)
    head = found.head()
    assert list(head.columns) == ["Method", "AUC without duration", "AUC with duration", "Gain"]
    assert head.loc["in_time", "AUC with duration"] == "1.000"
    row = found.table.iloc[0]
    assert head.loc["in_time", "Gain"] == f"{row.gain:+.3f} [{row.lower:+.3f}, {row.upper:+.3f}]"


def test_a_column_that_tells_nothing_buys_nothing(project):
    calls(project, gives_away=False)
    found = leak.demonstrate("bank_marketing", "duration", SPECS, LOGIT, replicates=50, seed=1)
    assert found.table["gain"].tolist() == [0.0, 0.0]
    assert all("bought nothing that is established" in s for s in found.sentences[1:])


def test_a_leak_may_cost():
    row = {"problem": "p", "method": "Logit", "without_column": 0.8, "with_column": 0.7, "gain": -0.1}
    table = pd.DataFrame([row | {"lower": -0.2, "upper": -0.05}])
    assert "would have cost accuracy" in leak.Leak("x", "late", 0.95, table).sentences[1]


def test_it_leaves_nothing_behind(project):
    calls(project, gives_away=True)
    before = sorted(p for p in project.rglob("*") if p.is_file())
    leak.demonstrate("bank_marketing", "duration", SPECS, LOGIT, replicates=10, seed=1)
    assert sorted(p for p in project.rglob("*") if p.is_file()) == before


def test_only_a_barred_column_is_demonstrated(project):
    with pytest.raises(UsageError, match=r"does not bar a column 'durations'. Did you mean 'duration'"):
        leak.demonstrate("bank_marketing", "durations", SPECS, LOGIT, seed=1)


def settings() -> SimpleNamespace:
    """Return settings with the two problems, one on another data set, and a roster of two methods."""
    problems = SPECS | {"sessions": {"dataset": "online_shoppers"}}
    roster = [Entry("classification/prevalence", {}), *LOGIT]
    task = SimpleNamespace(spec=problems.__getitem__, roster=lambda name: roster)
    return SimpleNamespace(task=lambda name: task, level=0.9, replicates=20, seed=1)


def test_problems_of_params_are_shown_with_their_roster(project, keeps_contract):
    calls(project, gives_away=True)
    found = leak.find("acquisition", ["in_time", "at_random"], settings=settings())
    keeps_contract(found)
    assert found.table["problem"].tolist() == ["in_time", "at_random"]
    assert set(found.table["method"]) == {"Logistic regression"}
    assert found.level == 0.9


def test_where_nothing_is_barred_there_is_nothing_to_show(project):
    with pytest.raises(NotApplicable, match="bars no column"):
        leak.find("acquisition", ["sessions"], settings=settings())


def test_problems_of_two_data_sets_are_refused(project):
    with pytest.raises(UsageError, match="these problems lie on bank_marketing, online_shoppers"):
        leak.find("acquisition", ["in_time", "sessions"], settings=settings())
