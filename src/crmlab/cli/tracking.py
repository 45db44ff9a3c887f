"""Verbs that keep MLflow's records: create, rebuild, register, look."""

from __future__ import annotations

import difflib
from typing import Annotated, Any

import typer

from crmlab import store
from crmlab.errors import UsageError

verbs = typer.Typer()


@verbs.command()
def init() -> None:
    """Create MLflow's store once (the Makefile does this)."""
    from crmlab import tracking

    typer.echo(tracking.initialise())


@verbs.command()
def sync() -> None:
    """Rebuild MLflow from the files: log every committed comparison that is not there yet.

    What the sources and params.yaml of today no longer give is named and not logged.
    """
    from crmlab import params, tracking

    settings = params.load()
    typer.echo(tracking.initialise())
    for task in settings.tasks.values():
        for name in task.problems:
            if store.scores_file(task.name, name).is_file():
                typer.echo(_sync(task.name, name, settings))


def _sync(task: str, name: str, settings: Any) -> str:
    """Log a committed comparison and its notebook unless they are there; return what was done."""
    from crmlab import tracking
    from crmlab.comparison.committed import read
    from crmlab.comparison.compare import PIPELINE
    from crmlab.comparison.compare import compare as compare_methods

    made_by = store.remade_by(task, name)
    key = read(task, name)["score_key"]
    if tracking.logged(key, needs_champion=True):
        said = f"{task}/{name} is in MLflow already"
    elif not store.problem_folder(task, name).is_dir():
        return f"{task}/{name} is not made on this machine and left out: run `{made_by}`"
    else:
        comparison = compare_methods(task, name, settings=settings)
        if comparison.score_key != key:
            return f"{task}/{name} is left out: its committed scores are stale; run `{made_by}`"
        said = tracking.track(comparison, PIPELINE)
    executed = store.executed_notebook(task, name)
    if executed.is_file():
        tracking.attach_notebook(key, task, executed)
    return said


@verbs.command("log-model")
def log_model(key: Annotated[str, typer.Argument(help="A run key (tag crmlab.run_key in MLflow).")]) -> None:
    """Register any kept run's model in MLflow; the champion stays where it is."""
    from crmlab import params, tracking
    from crmlab.comparison.committed import read
    from crmlab.comparison.compare import compare as compare_methods

    settings = params.load()
    places = {}
    for task in settings.tasks.values():
        for name in task.problems:
            path = store.scores_file(task.name, name)
            if path.is_file():
                record = read(task.name, name)
                places |= {run["run_key"]: (task.name, name) for run in record["methods"].values()}
    if key not in places:
        near = [k for k in places if key and k.startswith(key)] or difflib.get_close_matches(key, places)
        hint = f" Did you mean {' or '.join(near[:3])}?" if near else ""
        raise UsageError(
            f"no committed score has the run key '{key}'.{hint}\n  Run keys stand in MLflow as the tag "
            "crmlab.run_key, and in experiments/scores/<task>/<problem>.json as run_key of each method."
        )
    comparison = compare_methods(*places[key], settings=settings)
    typer.echo(tracking.log_model(comparison, key))


@verbs.command()
def review(port: Annotated[int, typer.Option(help="Port on 127.0.0.1.")] = 5000) -> None:
    """Start MLflow's pages on 127.0.0.1 and print the links that compare the methods."""
    from crmlab import tracking

    for line in tracking.links(port):
        typer.echo(line)
    tracking.serve(port)
