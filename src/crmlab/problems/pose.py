"""Posing: from a task, a data set's tables and a spec to the frames and facts of a problem."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any, Final

from crmlab import registry, store
from crmlab.data.described import described
from crmlab.data.fingerprints import check_whole
from crmlab.declare.task import Task
from crmlab.errors import UsageError
from crmlab.history.ledger import open_ledger
from crmlab.history.ledger.beside import Beside
from crmlab.params.protocols import protocol
from crmlab.problems import censoring, consenting, from_baskets, from_events, from_labelled, grouped, visitors
from crmlab.problems.baskets_read import baskets_read
from crmlab.problems.files import digest
from crmlab.problems.keys import posed_spec, problem_key
from crmlab.problems.posed import Posed
from crmlab.problems.problem import HISTORY, Problem
from crmlab.problems.reads import families_of, tables_read

BASKETS: Final = ("recommendation",)
"""The kinds of a task that asks for baskets."""


def pose(task: str, name: str, spec: Mapping[str, Any], *, seed: int) -> Problem:
    """Pose a task on a data set's tables as the spec says; nothing is written.

    spec: how params.yaml poses the problem. seed: of the cross-validation splits. Raises UsageError for a
    spec that does not fit the data, DataError where the tables were not made yet.
    """
    entry, dataset = registry.find("tasks", task), spec["dataset"]
    divides = protocol(spec.get("protocol"))
    declared, connection = described(dataset), store.engine()
    tables = store.open_tables(dataset, connection)
    on_baskets = divides.on_baskets
    read = tables_read(entry, spec, families_of(entry, spec, tables), tables)
    check_whole(dataset, baskets_read(tables) if on_baskets else read)
    if on_baskets != (entry.kinds == BASKETS):
        raise UsageError(
            f"{task}/{name}: protocol '{divides.name}' does not fit the task '{task}': cross_sell alone asks "
            "for baskets, by next_basket or last_basket"
        )
    if on_baskets:
        posed = from_baskets.pose(entry, tables, spec, last_day=last_day_of(declared), connection=connection)
    elif "labelled" in tables:
        if entry.published_outcome is None:
            raise UsageError(f"{task} needs events, and '{dataset}' is a labelled table")
        table = connection.to_pyarrow(tables["labelled"].order_by("row_id")).to_pandas()
        posed = _labelled(table, spec, barred=declared.barred, seed=seed)
    else:
        if not divides.on_events:
            raise UsageError(
                f"{task}/{name}: protocol '{divides.name}' needs a labelled table; events want 'rolling'"
            )
        people = visitors.asked(tables, spec, connection)
        # the ledger knows the tables as they are
        beside = connection if people is not tables else Beside(connection, open_ledger(dataset))
        tables = people
        posed = from_events.pose(entry, tables, spec, last_day=last_day_of(declared), connection=beside)
    posed = consenting.as_of(posed, tables, spec, connection)
    key = problem_key(task, name, spec, seed=seed)
    return Problem(
        task,
        name,
        posed_spec(spec),
        posed.rows,
        posed.folds.frame,
        posed.solution,
        _facts(entry, task, name, spec, posed, key),
        posed.history,
    )


def _labelled(table: Any, spec: Mapping[str, Any], *, barred: Mapping[str, str], seed: int) -> Posed:
    """Return a labelled problem; where the spec names groups, no fold divides one."""
    posed = from_labelled.pose(table, spec, barred=barred, seed=seed)
    if grouped.GROUPS not in spec:
        return posed
    dealt = {"folds": spec["folds"], "repeats": spec.get("repeats", 1)}
    return grouped.together(posed, spec[grouped.GROUPS], **dealt, seed=seed)


def last_day_of(declared: Any) -> dt.date | None:
    """Return the last day that a data set covers, None where it does not say."""
    return dt.date.fromisoformat(declared.span[1]) if declared.span else None


def _facts(
    entry: Task, task: str, name: str, spec: Mapping[str, Any], posed: Posed, key: str
) -> dict[str, Any]:
    """Return the readable facts of a posed problem."""
    horizon = spec.get("horizon_days")
    facts = {
        "task": task,
        "problem": name,
        "dataset": spec["dataset"],
        "protocol": spec["protocol"],
        "label": entry.outcome if horizon else entry.published_outcome,
        "positive": entry.positive,
        "horizon_days": horizon,
        "gap_days": spec.get("gap_days", 0) if horizon else None,
        "n_rows": len(posed.rows),
        "n_customers": int(posed.rows["customer"].nunique()),
        "base_rate": None if "base_rate" in posed.facts else censoring.rate(posed.solution, horizon),
        **posed.facts,
        "roles": posed.roles,
        "folds": posed.folds.facts,
        "spec": posed_spec(spec),
        "problem_key": key,
    }
    frames = {"rows": posed.rows, "folds": posed.folds.frame, "solution": posed.solution}
    if posed.history is not None:
        frames[HISTORY] = posed.history
    return facts | {"digest": digest(frames, facts)}
