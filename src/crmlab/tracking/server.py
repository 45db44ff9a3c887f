"""The tracking server or file: reached once it is needed, and asked without mlflow where that is enough."""

from __future__ import annotations

import os
import sqlite3
import urllib.parse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from crmlab import store

PARENT_KEY = "crmlab.score_key"
RUN_KEY = "crmlab.run_key"


def connect() -> Any:
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
    path = sqlite_file()
    if path is not None and path.exists():
        return f"MLflow's store is there: {store.show(path)}"
    with store.locked("mlflow"):
        connect().MlflowClient().search_experiments(max_results=1)
    return f"MLflow's store was made: {store.tracking_uri()}"


def experiment(client: Any, task: str) -> str:
    """Return the id of a task's experiment, created at need (two at once are not an error)."""
    import mlflow

    found = client.get_experiment_by_name(task)
    if found is not None:
        return found.experiment_id
    local = sqlite_file() is not None
    location = (store.home() / "mlartifacts" / task).as_uri() if local else None
    try:
        return client.create_experiment(task, artifact_location=location)
    except mlflow.exceptions.MlflowException:
        return client.get_experiment_by_name(task).experiment_id


def find(client: Any, experiment: str, tag: str, value: str, score_key: str | None = None) -> Sequence[Any]:
    """Return the runs of an experiment with a tag (and of a score key)."""
    text = f"tags.`{tag}` = '{value}'"
    if score_key:
        text += f" and tags.`{PARENT_KEY}` = '{score_key}' and tags.`crmlab.level` = 'method'"
    return client.search_runs([experiment], text)


def sqlite_file() -> Path | None:
    """Return the file of a local SQLite store, or None for another store."""
    uri = store.tracking_uri()
    return (
        Path(urllib.parse.unquote(uri.removeprefix("sqlite:///"))) if uri.startswith("sqlite:///") else None
    )


def logged(score_key: str, *, needs_champion: bool) -> bool:
    """Tell whether a comparison is whole in a local store."""
    query = """select state.value from tags key join tags state on state.run_uuid = key.run_uuid
               join runs on runs.run_uuid = key.run_uuid
               where key.key = ? and key.value = ? and state.key = 'crmlab.complete'
               and runs.lifecycle_stage = 'active'"""
    states = _asked(query, score_key)
    return ("champion",) in states if needs_champion else bool(states)


def artifact_folders(score_key: str) -> list[Path] | None:
    """Return the folders of a comparison's live parent runs; None where artefacts are not local files."""
    query = """select runs.artifact_uri from tags key join tags level on level.run_uuid = key.run_uuid
               join runs on runs.run_uuid = key.run_uuid
               where key.key = ? and key.value = ? and level.key = 'crmlab.level'
               and level.value = 'comparison' and runs.lifecycle_stage = 'active'"""
    places = [urllib.parse.urlparse(uri) for (uri,) in _asked(query, score_key)]
    if sqlite_file() is None or any(place.scheme != "file" for place in places):
        return None
    return [Path(urllib.parse.unquote(place.path)) for place in places]


def _asked(query: str, score_key: str) -> list[tuple]:
    """Return what a local store answers about a comparison, without mlflow; nothing where there is none."""
    path = sqlite_file()
    if path is None or not path.exists():
        return []
    try:
        with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as connection:
            return connection.execute(query, (PARENT_KEY, score_key)).fetchall()
    except sqlite3.Error:
        return []


def is_unreachable(error: Exception) -> bool:
    """Tell whether an error says that the tracking server does not answer."""
    text = f"{type(error).__name__} {error}"
    return sqlite_file() is None and any(
        word in text for word in ("Max retries", "Connection", "ConnectTimeout", "API request", "timed out")
    )


def first_line(error: Exception) -> str:
    """Return the first line of an error, short."""
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return lines[0][:160]
