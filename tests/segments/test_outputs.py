"""What a segmentation leaves behind: its files, its artefacts in MLflow, and its use on new customers."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest
import small_comparisons
from typer.testing import CliRunner

from crmlab import store, tracking
from crmlab.cli import command
from crmlab.comparison import compare as comparing
from crmlab.errors import NotApplicable, UsageError
from crmlab.segments import assigned as assigning
from crmlab.segments import outputs
from crmlab.tracking import record, server

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
    """A comparison whose champion is a k-means of two segments, in a project with our policies."""
    with small_comparisons.segmentation(make, tmp_path_factory.mktemp("segments")) as found:
        assert found.verdict.champion == "clustering/kmeans", found.verdict.sentences
        yield found


@pytest.fixture(scope="module")
def model(comparison):
    """The address of the registered champion."""
    tracking.initialise()
    tracking.track(comparison, comparing.PIPELINE)
    return "segmentation.small@champion"


def test_everyone_is_somewhere_at_every_origin(comparison):
    found = outputs.tables(comparison)["segments.parquet"]
    assert list(found)[:4] == ["customer", "origin", "segment", "name"]
    assert found.groupby("origin")["customer"].nunique().tolist() == [120, 120]
    assert found["name"].nunique() >= 2


def test_the_tables_tell_of_the_last_window(comparison):
    found = outputs.tables(comparison)
    policy = found["policy.csv"].set_index("segment")
    assert policy["customers"].sum() == 120
    assert sorted(zip(policy["customers"], policy["value"], strict=True)) == [(40, "high"), (80, "low")]
    assert policy["policy"].nunique() == 2
    assert found["rules.csv"]["fidelity"].iloc[0] > 0.9
    assert set(found["profile.csv"]["name"]) == set(policy["name"])


def test_only_a_clustering_has_segments(comparison):
    scored = SimpleNamespace(label="Logit", answers=pd.DataFrame({"fold": [0], "score": [0.5]}))
    other = SimpleNamespace(
        task="churn",
        name="small",
        chosen="classification/logit",
        run_of=lambda method: scored,
    )
    with pytest.raises(NotApplicable, match="Logit gave no segments in churn/small"):
        assigning.last_window(other)
    other.chosen = None
    with pytest.raises(NotApplicable, match="churn/small has no method to describe"):
        assigning.last_window(other)


def test_the_tables_are_artefacts_of_the_champions_run(comparison, model):
    client = server.connect().MlflowClient()
    experiment = client.get_experiment_by_name("segmentation").experiment_id
    held = {}
    for run in client.search_runs([experiment], "tags.`crmlab.level` = 'method'"):
        files = client.list_artifacts(run.info.run_id, "serve")
        held[run.data.tags["crmlab.method"]] = {Path(f.path).name for f in files}
    assert held["clustering/kmeans"] >= {"segments.parquet", "profile.csv", "rules.csv", "policy.csv"}
    assert held["clustering/one_segment"] == set()


def test_new_customers_get_segment_name_and_policy(comparison, model, tmp_path):
    new = assigning.last_window(comparison).rows.drop(columns=["origin", "consent"])
    new.to_csv(tmp_path / "customers.csv", index=False)
    asked = ["apply", "segmentation", "--model", model, "--input", str(tmp_path / "customers.csv")]
    ended = CliRunner().invoke(command.app, [*asked, "--output", str(tmp_path / "answers.csv")])
    assert ended.exit_code == 0, ended.output
    answers = pd.read_csv(tmp_path / "answers.csv")
    assert list(answers)[:4] == ["customer", "segment", "name", "policy"]
    assert set(answers) <= {"customer", "segment", "name", "policy", "probability", "distance", "margin"}
    tables = outputs.tables(comparison)
    kept = tables["segments.parquet"].tail(120).reset_index(drop=True)
    assert answers["segment"].tolist() == kept["segment"].tolist()
    assert answers["name"].tolist() == kept["name"].tolist()
    said = tables["policy.csv"].set_index("segment")["policy"]
    assert answers["policy"].tolist() == said.loc[answers["segment"]].tolist()


def test_the_policies_of_today_are_told(comparison, model, monkeypatch):
    text = store.policies_file().read_text()
    store.policies_file().write_text(text.replace('policy: "', 'policy: "Today: '))
    try:
        answers = tracking.apply(model, comparison.problem.rows)
    finally:
        store.policies_file().write_text(text)
    assert answers["policy"].str.startswith("Today: ").all()


def test_wrong_columns_are_named_and_nobody_is_assigned(comparison, model):
    rows = comparison.problem.rows.rename(columns={"frequency": "frequenzy"})
    with pytest.raises(UsageError, match=r"'frequency'. Did you mean 'frequenzy'"):
        tracking.apply(model, rows)


def test_the_medians_in_mlflow_hide_small_segments_too(comparison):
    champion = comparison.run_of("clustering/kmeans")
    answers = champion.answers.copy()
    first = answers.index[answers["fold"] == 0]
    answers.loc[first[:3], "segment"] = 7
    logged = record._profile(comparison, SimpleNamespace(answers=answers))
    small = logged[(logged["fold"] == 0) & (logged["segment"] == 7)]
    assert small[["total_spend", "customers"]].isna().all(axis=None)
    # the other window has no small segment
    assert logged[logged["fold"] == 1].notna().all(axis=None)
