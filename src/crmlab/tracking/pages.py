"""MLflow's pages: the links that compare the methods of a problem, and the server that shows them."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import urllib.parse
from collections.abc import Sequence
from typing import Any

from crmlab import registry, store
from crmlab.tracking import server
from crmlab.vocabulary import OK


def links(port: int) -> list[str]:
    """Return the addresses of the experiment pages and of each comparison's compare page.

    Of several comparisons of a problem it is the committed one, else the newest. The page holds the
    methods that have scores, best first: one without scores leaves MLflow's plot empty. All others
    are in the experiment's list.
    """
    address, classic = f"http://127.0.0.1:{port}/#", "workflowType=machine_learning"
    client = server.connect().MlflowClient()
    lines = []
    for experiment in sorted(client.search_experiments(), key=lambda e: e.name):
        if experiment.name == "Default":
            continue
        lines.append(f"{experiment.name}: {address}/experiments/{experiment.experiment_id}/runs?{classic}")
        parents = server.find(client, experiment.experiment_id, "crmlab.level", "comparison")
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
        if not (earlier and earlier.data.tags[server.PARENT_KEY] in committed):
            chosen[parent.info.run_name] = parent
    return [chosen[name] for name in sorted(chosen)]


def _best_first(client: Any, parent: Any) -> list[str]:
    """Return the ids of a comparison's runs that have scores, best first by its primary metric."""
    of_parent = f"tags.`{server.PARENT_KEY}` = '{parent.data.tags[server.PARENT_KEY]}'"
    finished = f"tags.`crmlab.level` = 'method' and tags.`crmlab.status` = '{OK}'"
    primary = parent.data.params["primary"]
    direction = "DESC" if registry.metric(primary).higher_is_better else "ASC"
    found = client.search_runs(
        [parent.info.experiment_id],
        f"{of_parent} and {finished}",
        order_by=[f"metrics.`{primary}` {direction}"],
    )
    return [run.info.run_id for run in found]


def serve(port: int) -> None:
    """Serve MLflow's pages on 127.0.0.1 until interrupted."""
    command = [sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", str(port)]
    command += ["--backend-store-uri", store.tracking_uri(), "--workers", "1"]
    # a group of its own, as the server starts processes too
    pages = subprocess.Popen(command, cwd=store.home(), start_new_session=True)
    try:
        pages.wait()
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(pages.pid, signal.SIGTERM)
        pages.wait()
