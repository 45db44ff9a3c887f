"""Registered models: the champion's file with all it needs to answer again, and its use on new rows."""

from __future__ import annotations

import contextlib
import io
import json
import tempfile
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pandas as pd

from crmlab import actions, registry
from crmlab.comparison.compare import Comparison
from crmlab.comparison.run import Run, load_model
from crmlab.errors import UsageError
from crmlab.serving import model_file
from crmlab.serving.rows import as_trained
from crmlab.tracking import server

CHAMPION = "champion"
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


def answers_rows(run: Run) -> bool:
    """Return whether a run's model answers from rows alone, so that it can be served: not from events."""
    return not getattr(registry.module("kinds", run.kind), "HISTORY", False)


def register(client: Any, comparison: Comparison, run: Run, run_id: str, alias: str | None = CHAMPION) -> str:
    """Log a run's model (last fold) as a pyfunc, register it, move the alias; return the version."""
    import mlflow

    name = model_name(comparison)
    for logged in client.search_model_versions(f"name = '{name}'"):
        if logged.tags.get(server.RUN_KEY) == run.key:
            if alias:
                client.set_registered_model_alias(name, alias, logged.version)
            return logged.version
    kind = registry.module("kinds", run.kind)
    roles = comparison.problem.facts["roles"]
    columns = kind.columns(roles)
    model = load_model(run.key)
    if hasattr(model, "refits_"):
        model.refits_ = []  # what stability was measured with does not belong to the served model
    example = model_file.synthetic_rows(comparison.problem.rows[columns], roles)
    facts = {"kind": run.kind, "method": run.method, "columns": columns, "roles": dict(roles)}
    facts |= {"horizon_days": comparison.problem.facts.get("horizon_days"), "run_key": run.key}
    facts["actions"] = actions.decisions(comparison, run.method)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.skops"
        facts["sha256"] = model_file.dump(model, path)
        (Path(folder) / "facts.json").write_text(json.dumps(facts), encoding="utf-8")
        answer = model_file.answer(model, example, facts)
        with mlflow.start_run(run_id=run_id):
            info = mlflow.pyfunc.log_model(
                name="model",
                python_model=str(registry.PACKAGE / "serving" / "saved_model.py"),
                artifacts={"model": str(path), "facts": str(Path(folder) / "facts.json")},
                code_paths=[str(registry.PACKAGE)],
                signature=mlflow.models.infer_signature(example, answer),
                input_example=example,
                pip_requirements=pins(),
            )
    with contextlib.redirect_stderr(io.StringIO()):  # mlflow greets each new version
        version = mlflow.register_model(info.model_uri, name, tags={server.RUN_KEY: run.key}).version
    if alias:
        client.set_registered_model_alias(name, alias, version)
    return version


def apply(address: str, rows: pd.DataFrame) -> pd.DataFrame:
    """Answer new customers with a registered model (`churn.demo_shop@champion`).

    Where the task has an action that decides for new customers, its decisions stand with the answers (see
    `crmlab.declare.action`): the policy for a segment, whether to contact a prospect, and why.
    Raises UsageError for an unknown model, and for rows whose columns are not the model's: they
    are named, and no score is given.
    """
    mlflow = server.connect()
    uri = address if address.startswith(("models:/", "runs:/")) else f"models:/{address}"
    try:
        model = mlflow.pyfunc.load_model(uri)
    except mlflow.exceptions.MlflowException as error:
        raise UsageError(f"no model '{address}': {server.first_line(error)}") from None
    inputs = model.metadata.signature.inputs
    numbers = {c.name: c.type.name in ("double", "long", "integer") for c in inputs}
    rows = as_trained(rows, numbers, f"the model {address}")
    answers, served = model.predict(rows[list(numbers)]), model.unwrap_python_model()
    for name, known in served.facts.get("actions", {}).items():
        answers = registry.find("actions", name).answered(answers, rows, known, served.model)
    return answers


def model_name(comparison: Comparison) -> str:
    """Return the registered model's name."""
    return f"{comparison.task}.{comparison.name}"


def pins() -> list[str]:
    """Return the served model's requirements, pinned at what is installed."""
    return [f"{name}=={version(name)}" for name in SERVED_LIBRARIES]
