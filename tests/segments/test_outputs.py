"""What a segmentation leaves behind: its files, its artefacts in MLflow, and its use on new customers."""

from __future__ import annotations

import shutil
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from crmlab import cli, folds, params, store, tracking
from crmlab import compare as comparing
from crmlab.errors import NotApplicable, UsageError
from crmlab.segments import assigned as assigning
from crmlab.segments import outputs
from crmlab.tracking import record, server
from crmlab.vocabulary import CARRIED, CATEGORICAL, NUMERIC
from crmlab.windows import Window

REPOSITORY = Path(__file__).parents[2]
ROLES = {
    "total_spend": NUMERIC,
    "days_since_last": NUMERIC,
    "frequency": NUMERIC,
    "channel": CATEGORICAL,
    "T_days": CARRIED,
    "consent": CARRIED,
}
ORIGINS = pd.to_datetime(["2024-01-01", "2024-04-01"])
# what mlflow and its libraries say of themselves, which we cannot mend
pytestmark = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::FutureWarning"),
    pytest.mark.filterwarnings("ignore::UserWarning"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


def block(origin: pd.Timestamp, rng: np.random.Generator) -> pd.DataFrame:
    """Return 120 customers at an origin: 80 small ones who left, 40 big ones who are there."""
    big = np.repeat([0.0, 1.0], [80, 40])
    return pd.DataFrame(
        {
            "customer": [f"c{i:03d}" for i in range(120)],
            "origin": pd.Series([origin] * 120, dtype="datetime64[us]"),
            "total_spend": 20 + 400 * big + rng.gamma(2, 10, 120),
            "days_since_last": 150 - 130 * big + rng.integers(0, 30, 120),
            "frequency": rng.poisson(1 + 5 * big).astype(float),
            "channel": pd.Series(rng.choice(["web", "shop"], 120), dtype="str"),
            "T_days": rng.integers(200, 400, 120).astype(float),
            "consent": (rng.random(120) < 0.5).astype(float),
            "outcome": (rng.random(120) > 0.1 + 0.7 * big).astype(int),
            "value": big * rng.gamma(2, 40, 120),
            "purchases": (2 * big).astype(int),
        }
    )


@pytest.fixture(scope="module")
def comparison(make, tmp_path_factory):
    """A comparison whose champion is a k-means of two segments, in a project with our policies."""
    folder = tmp_path_factory.mktemp("segments")
    shutil.copy(REPOSITORY / store.POLICIES, folder)
    rng = np.random.default_rng(4)
    frame = pd.concat([block(o, rng) for o in ORIGINS], ignore_index=True)
    frame.insert(0, "row_id", np.arange(len(frame)))
    outcomes = ["outcome", "value", "purchases"]
    split = folds.rolling(
        frame["origin"], train=[], test=[Window(o.to_pydatetime(), 90) for o in ORIGINS], refits=1
    )
    posed = make.posed(
        frame.drop(columns=outcomes),
        frame[["row_id", *outcomes]],
        split,
        "rolling",
        task="segmentation",
        roles=ROLES,
    )
    methods = {"clustering": {"one_segment": {}, "kmeans": {"k": 2}}}
    task = params.Task("segmentation", ("stability_ari",), "stability_ari", {}, 2, methods, {"small": {}})
    with make.compared(folder, posed, task) as found:
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


def test_the_files_are_written_together_and_again_the_same(comparison, monkeypatch):
    folder = outputs.save(comparison, comparing.PIPELINE)
    assert folder == store.segments_folder("small")
    names = {"segments.parquet", "profile.csv", "rules.csv", "policy.csv", "loyalty.csv"}
    content = {p.name: p.read_bytes() for p in folder.iterdir()}
    assert set(content) == names
    outputs.save(comparison, comparing.PIPELINE)
    assert {p.name: p.read_bytes() for p in folder.iterdir()} == content
    # what fails on the way leaves the old files alone
    monkeypatch.setattr(outputs, "write", lambda found, part: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        outputs.save(comparison, comparing.PIPELINE)
    assert {p.name for p in folder.iterdir()} == names


def test_a_look_around_does_not_touch_the_pipelines_files(comparison):
    folder = outputs.save(comparison)
    assert folder.is_relative_to(store.scratch_folder())
    with pytest.raises(UsageError, match="'pipelin' must be 'pipeline' or 'scratch'"):
        outputs.save(comparison, "pipelin")


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
        files = client.list_artifacts(run.info.run_id, "segments")
        held[run.data.tags["crmlab.method"]] = {Path(f.path).name for f in files}
    assert held["clustering/kmeans"] >= {"segments.parquet", "profile.csv", "rules.csv", "policy.csv"}
    assert held["clustering/one_segment"] == set()


def test_new_customers_get_segment_name_and_policy(comparison, model, tmp_path):
    new = assigning.last_window(comparison).rows.drop(columns=["origin", "consent"])
    new.to_csv(tmp_path / "customers.csv", index=False)
    asked = ["apply", "segmentation", "--model", model, "--input", str(tmp_path / "customers.csv")]
    ended = CliRunner().invoke(cli.app, [*asked, "--output", str(tmp_path / "answers.csv")])
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
