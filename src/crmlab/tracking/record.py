"""Logging a comparison: a parent run with a child per method, once per key."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from crmlab import actions, registry, store
from crmlab.comparison.compare import PIPELINE, SCRATCH, Comparison
from crmlab.comparison.run import Run
from crmlab.declare.action import Listing
from crmlab.errors import NotApplicable, UsageError
from crmlab.explain import shifts
from crmlab.segments.assigned import SEGMENT
from crmlab.segments.suppression import hidden
from crmlab.tracking import models, server
from crmlab.vocabulary import NUMERIC, OK, ORACLE

Made = Mapping[str, Listing]

HEAD = 100
"""So many people from the top of a list are attached."""


def track(comparison: Comparison, output: str = SCRATCH, made: Made | None = None) -> str:
    """Log a comparison: a parent run with a child per method; return what was done in one line.

    output: with 'pipeline' the model to use (`Comparison.chosen`) is registered, alias `champion`
    (never inside a `dvc exp run`). made: the lists that a notebook has made of the comparison, by the name
    of their action, so that they are not made again. What is already logged under the same key is left alone,
    without importing mlflow where the store is a local SQLite file.
    """
    moves = output == PIPELINE and "DVC_EXP_NAME" not in os.environ
    title = f"{comparison.task}/{comparison.name}"
    if server.logged(comparison.score_key, needs_champion=moves and comparison.chosen is not None):
        return f"{title} is in MLflow already"
    try:
        mlflow = server.connect()
        client = mlflow.MlflowClient()
        with store.locked("mlflow"):
            experiment = server.experiment(client, comparison.task)
            parent = _parent(client, experiment, comparison)
            children = [_child(client, experiment, parent, comparison, r, made) for r in comparison.runs]
            client.set_terminated(parent)
            if moves and comparison.chosen:
                place = [r.method for r in comparison.runs].index(comparison.chosen)
                if models.answers_rows(comparison.runs[place]):
                    models.register(client, comparison, comparison.runs[place], children[place])
            client.set_tag(parent, "crmlab.complete", "champion" if moves else "scores")
    except Exception as error:
        if not server.is_unreachable(error):
            raise
        return f"{title} is on disk but not in MLflow ({server.first_line(error)}): run `crmlab sync` later"
    return f"{title} is in MLflow: {len(children)} runs under '{comparison.name}'"


def log_model(comparison: Comparison, key: str) -> str:
    """Log and register one kept run's model, without moving the champion; return its address."""
    for run in comparison.runs:
        if run.key == key and run.status == OK and run.control != ORACLE:
            if not models.answers_rows(run):
                raise UsageError(
                    f"{run.label} answers from the purchases of customers, which a registered model does not "
                    "hold: use `crmlab recommend`"
                )
            track(comparison)
            mlflow = server.connect()
            client = mlflow.MlflowClient()
            with store.locked("mlflow"):
                found = server.find(
                    client,
                    server.experiment(client, comparison.task),
                    server.RUN_KEY,
                    key,
                    comparison.score_key,
                )
                version = models.register(client, comparison, run, found[0].info.run_id, alias=None)
            return f"models:/{models.model_name(comparison)}/{version}"
    raise UsageError(f"no run {key} with a model in {comparison.task}/{comparison.name}")


def _parent(client: Any, experiment: str, comparison: Comparison) -> str:
    """Create (or find) the parent run of a comparison and fill it; return its id.

    What an interrupted logging left behind is deleted and logged anew.
    """
    logged = server.find(client, experiment, server.PARENT_KEY, comparison.score_key)
    parents = [r for r in logged if r.data.tags.get("crmlab.level") == "comparison"]
    if parents and parents[0].info.status == "FINISHED":
        return parents[0].info.run_id
    for left in logged:
        client.delete_run(left.info.run_id)
    facts = comparison.problem.facts
    tags = _tags(comparison) | {
        "crmlab.level": "comparison",
        "crmlab.champion": comparison.verdict.champion or "",
        "crmlab.chosen": comparison.chosen or "",
        "crmlab.lead_is_real": str(comparison.verdict.lead_is_real).lower(),
        "mlflow.note.content": "\n\n".join(comparison.verdict.sentences),
    }
    run_id = client.create_run(experiment, run_name=comparison.name, tags=tags).info.run_id
    _log_input(client, run_id, comparison)
    names = ("protocol", "horizon_days", "n_rows", "base_rate")
    asked = {n: facts.get(n, "") for n in names} | {"primary": comparison.primary}
    _log(client, run_id, params=asked, metrics=comparison.summary())
    client.log_text(run_id, comparison.ranking().to_csv(index=False), "ranking.csv")
    client.log_text(run_id, comparison.differences().to_csv(index=False), "differences.csv")
    client.log_text(run_id, comparison.curves().to_csv(index=False), "curves.csv")
    client.log_text(run_id, json.dumps(store.rounded(comparison.record()), indent=1), "scores.json")
    client.log_text(run_id, json.dumps(store.rounded(facts), indent=1), "facts.json")
    for name, table in _drift(comparison).items():
        client.log_text(run_id, table.to_csv(index=False), f"drift/{name}.csv")
    return run_id


def _child(
    client: Any, experiment: str, parent: str, comparison: Comparison, run: Run, made: Made | None
) -> str:
    """Create (or find) one method's run under its parent; return its id."""
    for found in server.find(client, experiment, server.RUN_KEY, run.key, comparison.score_key):
        return found.info.run_id
    tags = _tags(comparison) | {
        "mlflow.parentRunId": parent,
        "crmlab.level": "method",
        server.RUN_KEY: run.key,
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
        _log_answers(client, run_id, comparison, run, made)
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


def _log_answers(client: Any, run_id: str, comparison: Comparison, run: Run, made: Made | None) -> None:
    """Attach the answers, the method's curve, of a clustering its segments, and the lists of the champion."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "answers.parquet"
        store.write_frame(path, run.answers)
        client.log_artifact(run_id, str(path))
    curves = comparison.curves()
    client.log_text(run_id, curves[curves["method"] == run.method].to_csv(index=False), "curve.csv")
    if SEGMENT in registry.module("kinds", run.kind).ANSWER:
        client.log_text(run_id, _profile(comparison, run).to_csv(index=False), "segments.csv")
    if run.method == comparison.chosen:
        for name, action in actions.of_task(comparison.task).items():
            _log_list(client, run_id, comparison, name, (made or {}).get(name) or action.make)


def _log_list(client: Any, run_id: str, comparison: Comparison, name: str, made: Any) -> None:
    """Attach the head of an action's list and the tables that go with it; a reason where there is none.

    made: the list, or the function that makes it of the comparison.
    """
    try:
        listed = made(comparison, reasoned=HEAD) if callable(made) else made
    except NotApplicable as reason:
        client.set_tag(run_id, f"crmlab.{name}", str(reason))
        return
    with tempfile.TemporaryDirectory() as folder:
        actions.write_tables({f"{name}_head.csv": listed.table.head(HEAD)}, Path(folder))
        if listed.further:
            (Path(folder) / name).mkdir()
            actions.write_tables(listed.further, Path(folder) / name)
        client.log_artifacts(run_id, folder)


def _drift(comparison: Comparison) -> dict[str, pd.DataFrame]:
    """Return what moved from the train rows to each test window; nothing where the split is random."""
    if not comparison.problem.protocol.in_time:
        return {}
    columns = shifts.feature_shifts(comparison.problem)
    if columns.empty:
        return {}
    tables = {"base_rates": shifts.base_rates(comparison.problem), "columns": columns}
    return tables | {"scores": shifts.score_shifts(comparison)}


def _profile(comparison: Comparison, run: Run) -> pd.DataFrame:
    """Return a row per fold and segment: its customers, and the median of each clustered column.

    Segments of too few customers hold nothing.
    """
    clustered = [c for c, role in comparison.problem.facts["roles"].items() if role == NUMERIC]
    rows = comparison.problem.rows.set_index("row_id")[clustered]
    members = run.answers[["fold", "row_id", SEGMENT]].join(rows, on="row_id")
    groups = members.groupby(["fold", SEGMENT])
    sizes = groups.size()
    few = sizes.groupby("fold").transform(lambda n: hidden(n.to_numpy()[:, None])[:, 0]).astype(bool)
    return groups[clustered].median().assign(customers=sizes.astype("Int64")).mask(few).reset_index()


def _tags(comparison: Comparison) -> dict[str, str]:
    """Return the tags that parent and children share."""
    commit = subprocess.run(
        ["git", "rev-parse", "HEAD"], cwd=store.project(), capture_output=True, text=True, check=False
    )
    return {
        server.PARENT_KEY: comparison.score_key,
        "crmlab.task": comparison.task,
        "crmlab.problem": comparison.name,
        "crmlab.problem_digest": comparison.problem.facts["digest"],
        "crmlab.git_commit": commit.stdout.strip() or "none",
        "crmlab.dvc_stage": f"comparison@{comparison.task}-{comparison.name}",
    }


def _log(client: Any, run_id: str, *, params: dict | None = None, metrics: dict | None = None) -> None:
    """Log parameters and metrics in one call."""
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
