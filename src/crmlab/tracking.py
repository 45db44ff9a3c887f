"""MLflow, the window on the record: the only module that imports it.

Everything logged is found in the files first; logging is idempotent by key, so MLflow can be
rebuilt from an empty database, and a server that is down costs seconds, never results.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import sqlite3
import subprocess
import tempfile
import urllib.parse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from crmlab import model_file, registry, store
from crmlab.compare import PIPELINE, Comparison
from crmlab.errors import UsageError, did_you_mean
from crmlab.run import Run, load_model
from crmlab.vocabulary import OK, ORACLE

CHAMPION = "champion"
PARENT_KEY = "crmlab.score_key"
RUN_KEY = "crmlab.run_key"
SERVED_LIBRARIES = (
    "lightgbm",
    "numpy",
    "pandas",
    "scikit-learn",
    "scipy",
    "skops",
    "mlflow",
    "pyyaml",
    "pyarrow",
)


# --- logging ----------------------------------------------------------------------------------
def track(comparison: Comparison, output: str = "scratch") -> str:
    """Log a comparison: a parent run with a child per method; return what was done in one line.

    output: with 'pipeline' the champion's model is registered and gets the alias `champion`
    (never inside a `dvc exp run`). What is already logged under the same key is left alone,
    without importing mlflow where the store is a local SQLite file.
    """
    moves = output == PIPELINE and "DVC_EXP_NAME" not in os.environ
    title = f"{comparison.task}/{comparison.name}"
    if _logged(comparison.score_key, needs_champion=moves and comparison.verdict.champion is not None):
        return f"{title} is in MLflow already"
    try:
        mlflow = _mlflow()
        client = mlflow.MlflowClient()
        with store.locked("mlflow"):
            experiment = _experiment(client, comparison.task)
            parent = _parent(client, experiment, comparison)
            children = [_child(client, experiment, parent, comparison, r) for r in comparison.runs]
            client.set_terminated(parent)
            if moves and comparison.verdict.champion:
                place = [r.method for r in comparison.runs].index(comparison.verdict.champion)
                _register(client, comparison, comparison.runs[place], children[place])
            client.set_tag(parent, "crmlab.complete", "champion" if moves else "scores")
    except Exception as error:
        if not _is_unreachable(error):
            raise
        return f"{title} is on disk but not in MLflow ({_first_line(error)}): run `crmlab sync` later"
    return f"{title} is in MLflow: {len(children)} runs under '{comparison.name}'"


def log_model(comparison: Comparison, key: str) -> str:
    """Log and register one kept run's model, without moving the champion; return its address."""
    for run in comparison.runs:
        if run.key == key and run.status == OK and run.control != ORACLE:
            track(comparison)
            mlflow = _mlflow()
            client = mlflow.MlflowClient()
            with store.locked("mlflow"):
                found = _find(
                    client, _experiment(client, comparison.task), RUN_KEY, key, comparison.score_key
                )
                version = _register(client, comparison, run, found[0].info.run_id, alias=None)
            return f"models:/{_model_name(comparison)}/{version}"
    raise UsageError(f"no run {key} with a model in {comparison.task}/{comparison.name}")


def attach_notebook(score_key: str, task: str, notebook: Path) -> str:
    """Attach an executed notebook to the parent run of a comparison; return what was done."""
    if _attached(score_key, model_file.sha256(notebook)):
        return "the notebook is attached already"
    try:
        client = _mlflow().MlflowClient()
        with store.locked("mlflow"):
            found = _find(client, _experiment(client, task), PARENT_KEY, score_key)
            parents = [r for r in found if r.data.tags.get("crmlab.level") == "comparison"]
            for parent in parents:
                client.log_artifact(parent.info.run_id, str(notebook), "notebook")
                client.set_tag(parent.info.run_id, "crmlab.notebook_sha256", model_file.sha256(notebook))
    except Exception as error:
        if not _is_unreachable(error):
            raise
        return f"the notebook is not in MLflow ({_first_line(error)}): run `crmlab sync` later"
    return "the notebook is attached" if parents else "no run to attach the notebook to"


def _parent(client: Any, experiment: str, comparison: Comparison) -> str:
    """Create (or find) the parent run of a comparison and fill it; return its id.

    What an interrupted logging left behind is deleted and logged anew.
    """
    logged = _find(client, experiment, PARENT_KEY, comparison.score_key)
    parents = [r for r in logged if r.data.tags.get("crmlab.level") == "comparison"]
    if parents and parents[0].info.status == "FINISHED":
        return parents[0].info.run_id
    for left in logged:
        client.delete_run(left.info.run_id)
    facts = comparison.problem.facts
    tags = _tags(comparison) | {
        "crmlab.level": "comparison",
        "crmlab.champion": comparison.verdict.champion or "",
        "crmlab.lead_is_real": str(comparison.verdict.lead_is_real).lower(),
        "mlflow.note.content": "\n\n".join(comparison.verdict.sentences),
    }
    run_id = client.create_run(experiment, run_name=comparison.name, tags=tags).info.run_id
    _log_input(client, run_id, comparison)
    names = ("protocol", "horizon_days", "n_rows", "base_rate")
    _log(client, run_id, params={n: facts.get(n, "") for n in names} | {"primary": comparison.primary})
    client.log_text(run_id, comparison.ranking().to_csv(index=False), "ranking.csv")
    client.log_text(run_id, comparison.differences().to_csv(index=False), "differences.csv")
    client.log_text(run_id, comparison.curves().to_csv(index=False), "curves.csv")
    client.log_text(run_id, json.dumps(store.rounded(comparison.record()), indent=1), "scores.json")
    client.log_text(run_id, json.dumps(store.rounded(facts), indent=1), "facts.json")
    from crmlab.plots import board

    with tempfile.TemporaryDirectory() as folder:
        for path in board.save_all(comparison, Path(folder)):
            client.log_artifact(run_id, str(path), "figures")
    return run_id


def _child(client: Any, experiment: str, parent: str, comparison: Comparison, run: Run) -> str:
    """Create (or find) one method's run under its parent; return its id."""
    for found in _find(client, experiment, RUN_KEY, run.key, comparison.score_key):
        return found.info.run_id
    tags = _tags(comparison) | {
        "mlflow.parentRunId": parent,
        "crmlab.level": "method",
        RUN_KEY: run.key,
        "crmlab.method": run.method,
        "crmlab.kind": run.kind,
        "crmlab.control": run.control or "",
        "crmlab.status": run.status,
        "crmlab.reason": run.reason,
        "crmlab.parameters": json.dumps(run.parameters, sort_keys=True),
    }
    run_id = client.create_run(experiment, run_name=run.label, tags=tags).info.run_id
    _log_input(client, run_id, comparison)
    # the compare page cuts values at ten letters: the kind stands apart
    name = run.method.split("/")[-1]
    _log(
        client,
        run_id,
        params={"problem": comparison.name, "method": name, "kind": run.kind, "seed": comparison.seed},
        metrics=_metrics(comparison, run),
    )
    if run.answers is not None:
        _log_answers(client, run_id, run)
    client.set_terminated(run_id, status="FAILED" if run.status not in (OK, "not_applicable") else "FINISHED")
    return run_id


def _metrics(comparison: Comparison, run: Run) -> dict[str, float]:
    """Return a run's finite metrics with their intervals, and its cost."""
    values = comparison.scores.values
    found = {}
    for row in values[values["method"] == run.method].itertuples():
        found |= {row.metric: row.value, f"{row.metric}.lower": row.lower, f"{row.metric}.upper": row.upper}
    found |= {f"cost.{k}": float(v) for k, v in (run.cost or {}).items()}
    return {k: float(v) for k, v in found.items() if pd.notna(v)}


def _log_answers(client: Any, run_id: str, run: Run) -> None:
    """Attach the answers, and for a clustering the table of its segments."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "answers.parquet"
        store.write_frame(path, run.answers)
        client.log_artifact(run_id, str(path))
    if "segment" in run.answers:
        sizes = run.answers.groupby(["fold", "segment"]).size().rename("customers").reset_index()
        client.log_text(run_id, sizes.to_csv(index=False), "segments.csv")


def _tags(comparison: Comparison) -> dict[str, str]:
    """Return the tags that parent and children share."""
    commit = subprocess.run(
        ["git", "rev-parse", "HEAD"], cwd=store.project(), capture_output=True, text=True, check=False
    )
    return {
        PARENT_KEY: comparison.score_key,
        "crmlab.task": comparison.task,
        "crmlab.problem": comparison.name,
        "crmlab.problem_digest": comparison.problem.facts["digest"],
        "crmlab.git_commit": commit.stdout.strip() or "none",
        "crmlab.dvc_stage": f"{comparison.task}@{comparison.name}",
    }


def _log(client: Any, run_id: str, *, params: dict | None = None, metrics: dict | None = None) -> None:
    """Log parameters and metrics in one call."""
    import time

    from mlflow.entities import Metric, Param

    now = int(time.time() * 1000)
    client.log_batch(
        run_id,
        metrics=[Metric(k, v, now, 0) for k, v in (metrics or {}).items()],
        params=[Param(k, str(v)) for k, v in (params or {}).items()],
    )


def _log_input(client: Any, run_id: str, comparison: Comparison) -> None:
    """Log the problem as the run's data set, with its digest."""
    from mlflow.entities import Dataset, DatasetInput

    facts = comparison.problem.facts
    profile = {"num_rows": facts["n_rows"], "protocol": facts["protocol"]}
    data = Dataset(
        name=f"{comparison.task}/{comparison.name}",
        digest=facts["digest"][:36],
        source_type="local",
        source=json.dumps({"uri": store.show(store.problem_folder(comparison.task, comparison.name))}),
        profile=json.dumps(profile),
    )
    client.log_inputs(run_id, datasets=[DatasetInput(data)])


# --- the model --------------------------------------------------------------------------------
def _register(
    client: Any, comparison: Comparison, run: Run, run_id: str, alias: str | None = CHAMPION
) -> str:
    """Log a run's model (last fold) as a pyfunc, register it, move the alias; return the version."""
    import mlflow

    name = _model_name(comparison)
    for version in _versions(client, name):
        if version.tags.get(RUN_KEY) == run.key:
            if alias:
                client.set_registered_model_alias(name, alias, version.version)
            return version.version
    kind = registry.module("kinds", run.kind)
    roles = comparison.problem.facts["roles"]
    columns = kind.columns(roles)
    model = load_model(run.key)
    if hasattr(model, "refits_"):
        model.refits_ = []  # what stability was measured with is no part of the served model
    example = model_file.synthetic_rows(comparison.problem.rows[columns], roles)
    facts = {"kind": run.kind, "method": run.method, "columns": columns, "roles": dict(roles)}
    facts |= {"horizon_days": comparison.problem.facts.get("horizon_days"), "run_key": run.key}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.skops"
        facts["sha256"] = model_file.dump(model, path)
        (Path(folder) / "facts.json").write_text(json.dumps(facts), encoding="utf-8")
        answer = model_file.answer(model, example, facts)
        with mlflow.start_run(run_id=run_id):
            info = mlflow.pyfunc.log_model(
                name="model",
                python_model=str(Path(__file__).with_name("serving.py")),
                artifacts={"model": str(path), "facts": str(Path(folder) / "facts.json")},
                code_paths=[str(Path(__file__).parent)],
                signature=mlflow.models.infer_signature(example, answer),
                input_example=example,
                pip_requirements=_pins(),
            )
    with contextlib.redirect_stderr(io.StringIO()):  # mlflow greets each new version
        version = mlflow.register_model(info.model_uri, name, tags={RUN_KEY: run.key}).version
    if alias:
        client.set_registered_model_alias(name, alias, version)
    return version


def apply(address: str, rows: pd.DataFrame) -> pd.DataFrame:
    """Answer new customers with a registered model (`churn.demo_shop@champion`).

    Raises UsageError for an unknown model, and for rows whose columns are not the model's: they
    are named, and no score is given.
    """
    mlflow = _mlflow()
    uri = address if address.startswith(("models:/", "runs:/")) else f"models:/{address}"
    try:
        model = mlflow.pyfunc.load_model(uri)
    except mlflow.exceptions.MlflowException as error:
        raise UsageError(f"no model '{address}': {_first_line(error)}") from None
    wanted = model.metadata.signature.inputs.input_names()
    missing = [c for c in wanted if c not in rows]
    if missing:
        hints = "".join(f"\n  '{c}'.{did_you_mean(c, rows.columns)}" for c in missing)
        raise UsageError(f"the model {address} needs {len(missing)} columns that the input lacks:{hints}")
    numeric = [
        t.name for t in model.metadata.signature.inputs if t.type.name in ("double", "long", "integer")
    ]
    rows = rows.copy()
    for column in numeric:
        try:
            rows[column] = pd.to_numeric(rows[column]).astype(float)
        except (ValueError, TypeError) as error:
            raise UsageError(f"column '{column}' must hold numbers: {error}") from None
    return model.predict(rows[wanted])


# --- the store of MLflow ----------------------------------------------------------------------
def _mlflow() -> Any:
    """Import mlflow once it is needed, quiet, quick to give up, and with its store initialised."""
    for name, value in {
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1",
        "MLFLOW_HTTP_REQUEST_TIMEOUT": "5",
        "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
        "GIT_PYTHON_REFRESH": "quiet",
    }.items():
        os.environ.setdefault(name, value)
    import logging
    import warnings

    # tqdm, which mlflow imports, misses a widget in JupyterLab that nothing here shows
    warnings.filterwarnings("ignore", message="IProgress not found")

    import mlflow

    logging.getLogger("mlflow").setLevel(logging.ERROR)
    logging.getLogger("alembic").setLevel(logging.ERROR)
    mlflow.set_tracking_uri(store.tracking_uri())
    mlflow.set_registry_uri(store.tracking_uri())
    return mlflow


def initialise() -> str:
    """Create the tracking store once, under a lock (several at once break a fresh one)."""
    path = _sqlite_file()
    if path is not None and path.exists():
        return f"MLflow's store is there: {store.show(path)}"
    with store.locked("mlflow"):
        _mlflow().MlflowClient().search_experiments(max_results=1)
    return f"MLflow's store was made: {store.tracking_uri()}"


def _experiment(client: Any, task: str) -> str:
    """Return the id of a task's experiment, created at need (two at once are no error)."""
    import mlflow

    found = client.get_experiment_by_name(task)
    if found is not None:
        return found.experiment_id
    local = _sqlite_file() is not None
    location = (store.home() / "mlartifacts" / task).as_uri() if local else None
    try:
        return client.create_experiment(task, artifact_location=location)
    except mlflow.exceptions.MlflowException:
        return client.get_experiment_by_name(task).experiment_id


def _find(client: Any, experiment: str, tag: str, value: str, score_key: str | None = None) -> Sequence[Any]:
    """Return the runs of an experiment with a tag (and of a score key)."""
    text = f"tags.`{tag}` = '{value}'"
    if score_key:
        text += f" and tags.`{PARENT_KEY}` = '{score_key}' and tags.`crmlab.level` = 'method'"
    return client.search_runs([experiment], text)


def _versions(client: Any, name: str) -> Sequence[Any]:
    """Return the registered versions of a model, none where there is no such model."""
    return client.search_model_versions(f"name = '{name}'")


def _model_name(comparison: Comparison) -> str:
    """Return the registered model's name."""
    return f"{comparison.task}.{comparison.name}"


def _sqlite_file() -> Path | None:
    """Return the file of a local SQLite store, or None for another store."""
    uri = store.tracking_uri()
    return (
        Path(urllib.parse.unquote(uri.removeprefix("sqlite:///"))) if uri.startswith("sqlite:///") else None
    )


def _tag_rows(tag: str, value: str, other: str) -> list[str]:
    """Return the values of the tag `other` on live runs whose `tag` has a value, without mlflow."""
    path = _sqlite_file()
    if path is None or not path.exists():
        return []
    query = """select b.value from tags a join tags b on a.run_uuid = b.run_uuid
               join runs r on r.run_uuid = a.run_uuid
               where a.key = ? and a.value = ? and b.key = ? and r.lifecycle_stage = 'active'"""
    try:
        with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as connection:
            return [row[0] for row in connection.execute(query, (tag, value, other))]
    except sqlite3.Error:
        return []


def _logged(score_key: str, *, needs_champion: bool) -> bool:
    """Tell whether a comparison is whole in a local store."""
    states = _tag_rows(PARENT_KEY, score_key, "crmlab.complete")
    return "champion" in states if needs_champion else bool(states)


def _attached(score_key: str, digest: str) -> bool:
    """Tell whether a notebook is attached in a local store."""
    return digest in _tag_rows(PARENT_KEY, score_key, "crmlab.notebook_sha256")


def _is_unreachable(error: Exception) -> bool:
    """Tell whether an error says that the tracking server does not answer."""
    text = f"{type(error).__name__} {error}"
    return _sqlite_file() is None and any(
        word in text for word in ("Max retries", "Connection", "ConnectTimeout", "API request", "timed out")
    )


def _first_line(error: Exception) -> str:
    """Return the first line of an error, short."""
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return lines[0][:160]


def _pins() -> list[str]:
    """Return the served model's requirements, pinned at what is installed."""
    from importlib.metadata import version

    return [f"{name}=={version(name)}" for name in SERVED_LIBRARIES]


# --- the pages --------------------------------------------------------------------------------
def links(port: int) -> list[str]:
    """Return the addresses of the experiment pages and of each comparison's compare page.

    Of several comparisons of a problem it is the committed one, else the newest. The page holds the
    methods that have scores, best first: one without scores leaves MLflow's plot empty. All others
    are in the experiment's list.
    """
    address, classic = f"http://127.0.0.1:{port}/#", "workflowType=machine_learning"
    client = _mlflow().MlflowClient()
    lines = []
    for experiment in sorted(client.search_experiments(), key=lambda e: e.name):
        if experiment.name == "Default":
            continue
        lines.append(f"{experiment.name}: {address}/experiments/{experiment.experiment_id}/runs?{classic}")
        parents = _find(client, experiment.experiment_id, "crmlab.level", "comparison")
        for parent in _one_per_problem(experiment.name, parents):
            of = urllib.parse.quote(json.dumps([experiment.experiment_id]))
            runs = urllib.parse.quote(json.dumps(_best_first(client, parent)))
            page = f"{address}/compare-runs?runs={runs}&experiments={of}&{classic}"
            lines.append(f"  compare {parent.info.run_name}: {page}")
    return lines or ["MLflow holds nothing yet: run `make reproduce` first"]


def _one_per_problem(task: str, parents: Sequence[Any]) -> list[Any]:
    """Return one comparison per problem, by name: the committed one, else the newest."""
    chosen = {}
    for parent in sorted(parents, key=lambda r: r.info.start_time):
        scores = store.scores_file(task, parent.info.run_name)
        earlier = chosen.get(parent.info.run_name)
        # a score file names its own key, and no other comparison's
        committed = scores.read_text(encoding="utf-8") if earlier and scores.is_file() else ""
        if not (earlier and earlier.data.tags[PARENT_KEY] in committed):
            chosen[parent.info.run_name] = parent
    return [chosen[name] for name in sorted(chosen)]


def _best_first(client: Any, parent: Any) -> list[str]:
    """Return the ids of a comparison's runs that have scores, best first by its primary metric."""
    of_parent = f"tags.`{PARENT_KEY}` = '{parent.data.tags[PARENT_KEY]}'"
    finished = f"tags.`crmlab.level` = 'method' and tags.`crmlab.status` = '{OK}'"
    primary = parent.data.params["primary"]
    direction = "DESC" if registry.find("metrics", primary).higher_is_better else "ASC"
    found = client.search_runs(
        [parent.info.experiment_id],
        f"{of_parent} and {finished}",
        order_by=[f"metrics.`{primary}` {direction}"],
    )
    return [run.info.run_id for run in found]


def serve(port: int) -> None:
    """Serve MLflow's pages on 127.0.0.1 until interrupted."""
    import sys

    command = [sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", str(port)]
    command += ["--backend-store-uri", store.tracking_uri(), "--workers", "1"]
    try:
        subprocess.run(command, check=False, cwd=store.home())
    except KeyboardInterrupt:
        return
