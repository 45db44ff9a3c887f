"""Verbs that say what there is: methods, metrics, problems."""

from __future__ import annotations

from typing import Annotated

import typer

from crmlab.cli.words import print_table
from crmlab.errors import CrmlabError, UsageError, did_you_mean

OfTask = Annotated[str | None, typer.Argument(help="Only those of one task, such as churn.")]

verbs = typer.Typer()


@verbs.command()
def methods(task: OfTask = None) -> None:
    """List the methods: name, label, role, source, and the tasks whose roster has them."""
    import pandas as pd

    from crmlab import registry

    rosters = {name: part.methods for name, part in _tasks(task).items()}
    rows = []
    for name in registry.names("methods"):
        kind, _, short = name.partition("/")
        used = [t for t, kinds in rosters.items() if short in kinds.get(kind, {})]
        if task and not used:
            continue
        try:
            declared = registry.find("methods", name)
            about = (declared.label, (declared.control or "method").replace("_", " "), declared.cite)
        except CrmlabError as error:  # a library that is missing hides one line and no other
            about = (f"cannot be used here: {error}", "", "")
        rows.append((name, *about, ", ".join(used)))
    print_table(pd.DataFrame(rows, columns=["name", "label", "role", "source", "tasks"]))


@verbs.command()
def metrics(task: OfTask = None) -> None:
    """List the metrics that comparisons ask for: name, label, unit, which way is better, source, tasks."""
    import pandas as pd

    from crmlab import registry

    asked: dict[str, list[str]] = {}
    for name, part in _tasks(task).items():
        for metric in part.metrics:
            asked.setdefault(metric, []).append(f"{name} (decides)" if metric == part.primary else name)
    rows = []
    for name, tasks in asked.items():
        found = registry.metric(name)
        better = "higher" if found.higher_is_better else "lower"
        rows.append((name, found.label, found.unit, better, found.cite, ", ".join(tasks)))
    print_table(pd.DataFrame(rows, columns=["name", "label", "unit", "better", "source", "tasks"]))


@verbs.command()
def problems(task: OfTask = None) -> None:
    """List the problems of params.yaml: task, name, data set, protocol, and whether scores are there."""
    import pandas as pd

    from crmlab import store

    rows = [
        (part.name, name, spec["dataset"], spec["protocol"], store.scores_file(part.name, name).is_file())
        for part in _tasks(task).values()
        for name, spec in part.problems.items()
    ]
    print_table(pd.DataFrame(rows, columns=["task", "problem", "data set", "protocol", "has scores"]))


def _tasks(task: str | None) -> dict:
    """Return the tasks of params.yaml, or one. Raises UsageError for an unknown one."""
    from crmlab import params

    known = dict(params.load().tasks)
    if task is None:
        return known
    if task not in known:
        raise UsageError(f"there is no task '{task}'.{did_you_mean(task, known)}")
    return {task: known[task]}
