"""MLflow as the window: complete, idempotent, rebuilt from nothing, and never in the way."""

from __future__ import annotations

import base64
import shutil
from pathlib import Path

import nbformat
import numpy as np
import pandas as pd
import pytest
from nbformat.v4 import new_code_cell, new_notebook, new_output

from crmlab import params, tracking
from crmlab.comparison import compare as comparing
from crmlab.errors import UsageError
from crmlab.problems import files
from crmlab.tracking import server

# what mlflow and its libraries say of themselves, which we cannot mend
pytestmark = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::FutureWarning"),
    pytest.mark.filterwarnings("ignore::UserWarning"),
    # its SQLite connections are closed by the garbage collector
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


def settings(make, C: float = 1.0) -> params.Params:
    """Return parameters of one small churn problem with three methods, one of which cannot answer."""
    methods = {
        "classification": {"prevalence": {}, "logit": {"C": C}, "rate_by_level": {"column": "absent"}},
    }
    task = params.Task("churn", ("auc", "brier"), "auc", make.KEEPING, 0, methods, {"small": {}})
    return params.Params(1, 1, 60.0, 0.95, 50, (), {"churn": task})


@pytest.fixture(scope="module")
def folder(make, tmp_path_factory):
    """A project with a posed problem, apart from the one that the tests run in."""
    folder = tmp_path_factory.mktemp("tracking")
    with make.in_project(folder):
        files.save(make.rolling())
        yield folder


@pytest.fixture(scope="module")
def comparison(folder, make):
    """The comparison, logged once for the pipeline."""
    found = comparing.compare("churn", "small", settings=settings(make))
    tracking.initialise()
    # before anything is in it: MLflow takes seconds to make its tables
    shutil.copy(folder / "mlflow.db", folder / "empty.db")
    assert "4 runs" in tracking.track(found, comparing.PIPELINE)
    return found


@pytest.fixture(scope="module")
def client(comparison):
    """MLflow's client on the project's store."""
    return server.connect().MlflowClient()


def logged(client, level: str) -> list:
    """Return the live runs of a level, by name."""
    experiment = client.get_experiment_by_name("churn").experiment_id
    found = client.search_runs([experiment], f"tags.`crmlab.level` = '{level}'")
    return sorted(found, key=lambda r: r.info.run_name)


def test_a_parent_with_a_child_per_method_and_the_oracle(comparison, client):
    [parent] = logged(client, "comparison")
    children = logged(client, "method")
    assert len(children) == 4
    assert {c.data.tags["mlflow.parentRunId"] for c in children} == {parent.info.run_id}
    assert {c.data.tags["crmlab.run_key"] for c in children} == {r.key for r in comparison.runs}
    for tag in (
        "crmlab.git_commit",
        "crmlab.dvc_stage",
        "crmlab.problem_digest",
        "crmlab.kind",
        "crmlab.method",
    ):
        assert all(c.data.tags[tag] for c in children)


def test_a_parent_has_the_champion_s_value_and_its_gain_over_the_status_quo(comparison, client):
    [parent] = logged(client, "comparison")
    best = comparison.of_metric(comparison.primary).set_index("method").loc[comparison.verdict.champion]
    assert parent.data.metrics == comparison.summary()
    assert parent.data.metrics["value"] == best["value"]
    assert {"lower", "upper"} <= parent.data.metrics.keys()


def test_every_child_has_the_same_parameter_names(client, comparison):
    assert len({tuple(sorted(c.data.params)) for c in logged(client, "method")}) == 1


def test_metrics_come_with_their_intervals(client, comparison):
    [child] = [c for c in logged(client, "method") if c.data.tags["crmlab.method"] == "classification/logit"]
    row = comparison.of_metric("auc").set_index("method").loc["classification/logit"]
    metrics = child.data.metrics
    assert [metrics["auc"], metrics["auc.lower"], metrics["auc.upper"]] == list(
        row[["value", "lower", "upper"]]
    )
    assert metrics["cost.cpu_seconds"] >= 0


def test_a_method_that_does_not_apply_is_a_run_with_its_reason(client, comparison):
    [child] = [c for c in logged(client, "method") if c.data.tags["crmlab.status"] == "not_applicable"]
    assert "absent" in child.data.tags["crmlab.reason"]
    assert not [m for m in child.data.metrics if not m.startswith("cost")]


def test_the_problem_is_the_input_with_its_digest(client, comparison):
    for run in [*logged(client, "comparison"), *logged(client, "method")]:
        [data] = run.inputs.dataset_inputs
        assert comparison.problem.facts["digest"].startswith(data.dataset.digest)


def test_artefacts_hold_the_board_and_the_record(client, comparison):
    [parent] = logged(client, "comparison")
    names = {a.path for a in client.list_artifacts(parent.info.run_id)}
    assert names >= {"ranking.csv", "differences.csv", "curves.csv", "scores.json", "facts.json"}


def test_the_model_to_use_has_the_head_of_the_list_of_whom_to_keep(client, comparison):
    held = {r.info.run_name: client.list_artifacts(r.info.run_id) for r in logged(client, "method")}
    listing = [name for name, files in held.items() if "keep_head.csv" in {f.path for f in files}]
    assert listing == [comparison.run_of(comparison.chosen).label]


def test_logging_twice_makes_no_second_run_and_does_not_import_mlflow(comparison, client, monkeypatch):
    before = {r.info.run_id for r in [*logged(client, "comparison"), *logged(client, "method")]}
    with monkeypatch.context() as patch:
        patch.setattr(server, "connect", lambda: pytest.fail("mlflow was asked for"))
        assert "already" in tracking.track(comparison, comparing.PIPELINE)
    assert {r.info.run_id for r in [*logged(client, "comparison"), *logged(client, "method")]} == before


def test_an_interrupted_logging_is_done_anew(comparison, client):
    [parent] = logged(client, "comparison")
    client.update_run(parent.info.run_id, status="RUNNING")
    client.set_tag(parent.info.run_id, "crmlab.complete", "")
    client.delete_tag(parent.info.run_id, "crmlab.complete")
    tracking.track(comparison, comparing.PIPELINE)
    [again] = logged(client, "comparison")
    assert again.info.status == "FINISHED"
    assert len(logged(client, "method")) == 4


def test_the_champion_gives_the_recorded_predictions_again(comparison, client):
    champion = comparison.verdict.champion
    last = max(f["fold"] for f in comparison.problem.facts["folds"])
    rows = comparison.problem.fold(last).test_rows
    answers = tracking.apply("churn.small@champion", rows)
    recorded = comparison.run_of(champion).answers
    recorded = recorded[recorded["fold"] == last]["score"].to_numpy()
    np.testing.assert_array_equal(answers["score"].to_numpy(), recorded)


def test_the_logged_model_has_a_signature_an_example_and_pinned_requirements(comparison, client):
    import mlflow

    info = mlflow.models.get_model_info("models:/churn.small@champion")
    assert info.signature.inputs.input_names() == ["visits", "days_since_last", "channel"]
    assert info.saved_input_example_info
    path = mlflow.artifacts.download_artifacts("models:/churn.small@champion/requirements.txt")
    with open(path) as file:  # noqa: PTH123  a path that mlflow made
        lines = file.read().split()
    assert lines
    assert all("==" in line for line in lines)


def test_wrong_columns_are_named_and_no_score_is_given(comparison, client):
    rows = comparison.problem.rows.rename(columns={"visits": "visit"})
    with pytest.raises(UsageError, match=r"'visits'. Did you mean 'visit'"):
        tracking.apply("churn.small@champion", rows)
    words = comparison.problem.rows.assign(visits="many")
    with pytest.raises(UsageError, match="'visits' must hold numbers"):
        tracking.apply("churn.small@champion", words)
    with pytest.raises(UsageError, match=r"no model 'churn\.smal@champion'"):
        tracking.apply("churn.smal@champion", rows)


def test_an_experiment_run_never_moves_the_champion(comparison, client, monkeypatch, make):
    before = client.get_model_version_by_alias("churn.small", "champion").version
    monkeypatch.setenv("DVC_EXP_NAME", "trial")
    other = comparing.compare("churn", "small", settings=settings(make, C=0.001))
    assert "runs" in tracking.track(other, comparing.PIPELINE)
    assert client.get_model_version_by_alias("churn.small", "champion").version == before


def test_any_kept_run_can_be_registered_without_moving_the_champion(comparison, client):
    before = client.get_model_version_by_alias("churn.small", "champion").version
    chance = comparison.run_of("classification/prevalence")
    address = tracking.log_model(comparison, chance.key)
    answers = tracking.apply(address, comparison.problem.fold(0).test_rows)
    assert answers["score"].nunique() == 1
    assert client.get_model_version_by_alias("churn.small", "champion").version == before
    with pytest.raises(UsageError, match="no run"):
        tracking.log_model(comparison, "0" * 20)


def test_a_notebook_is_attached_with_its_pictures_without_mlflow(comparison, client, tmp_path, monkeypatch):
    path = tmp_path / "small.ipynb"
    shown = new_output("display_data", {"image/png": base64.b64encode(b"a picture").decode()})
    cells = [
        new_code_cell('story.picture("board", comparison)', outputs=[shown]),
        new_code_cell('story.picture("drift", comparison)', outputs=[new_output("stream", text="none")]),
    ]
    nbformat.write(new_notebook(cells=cells), path)
    with monkeypatch.context() as patch:
        patch.setattr(server, "connect", lambda: pytest.fail("mlflow was asked for"))
        for _ in range(2):
            said = tracking.attach_notebook(comparison.score_key, "churn", path)
            assert said == "the notebook is attached"
        assert "no run" in tracking.attach_notebook("0" * 20, "churn", path)
    parents = logged(client, "comparison")
    [parent] = [p for p in parents if p.data.tags["crmlab.score_key"] == comparison.score_key]
    assert [a.path for a in client.list_artifacts(parent.info.run_id, "figures")] == ["figures/board.png"]
    for name, content in (("figures/board.png", b"a picture"), ("notebook/small.ipynb", path.read_bytes())):
        found = client.download_artifacts(parent.info.run_id, name, str(tmp_path))
        assert Path(found).read_bytes() == content


def test_an_empty_store_is_rebuilt_from_the_files(comparison, client, folder, monkeypatch, tmp_path, make):
    other = shutil.copy(folder / "empty.db", tmp_path / "other.db")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{other}")
    again = comparing.compare("churn", "small", settings=settings(make))
    assert all(r.reused for r in again.runs if r.cost)
    tracking.track(again, comparing.PIPELINE)
    rebuilt = server.connect().MlflowClient()
    try:
        assert len(logged(rebuilt, "method")) == 4
        assert rebuilt.get_model_version_by_alias("churn.small", "champion").tags["crmlab.run_key"] == (
            again.run_of(again.verdict.champion).key
        )
    finally:
        monkeypatch.delenv("MLFLOW_TRACKING_URI")
        server.connect()


def test_a_server_that_is_down_costs_no_results(comparison, monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:9")
    try:
        said = tracking.track(comparison, comparing.PIPELINE)
    finally:
        monkeypatch.delenv("MLFLOW_TRACKING_URI")
        server.connect()
    assert "on disk but not in MLflow" in said
    assert "crmlab sync" in said


def test_links_lead_to_the_experiment_and_to_the_compare_page(comparison, client):
    lines = tracking.links(5000)
    assert lines[0].startswith("churn: http://127.0.0.1:5000/#/experiments/")
    assert "compare-runs?runs=" in lines[1]


def test_what_apply_answers_is_a_frame_of_the_kinds_columns(comparison, client):
    answers = tracking.apply("churn.small@champion", comparison.problem.fold(0).test_rows)
    assert isinstance(answers, pd.DataFrame)
    assert list(answers) == ["score"]
