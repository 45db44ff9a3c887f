"""A task posed on events: one block of rows per origin, features before it and outcomes after it."""

from __future__ import annotations

import datetime as dt
import importlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import ibis
import numpy as np
import pandas as pd

from crmlab import registry, store
from crmlab.declare.task import Task
from crmlab.errors import UsageError, did_you_mean
from crmlab.history.ledger.beside import as_known, gather
from crmlab.history.windows import Window, label_windows, midnight
from crmlab.problems import censoring, folds
from crmlab.problems.posed import Posed, numbered, roles_of, without_empty
from crmlab.problems.reads import ORACLE, families_of, tables_read

SOLUTION = ("outcome", "value", "purchases", "duration_days", "event", "followed_days", "truth", "effect")


@dataclass(frozen=True)
class _Question:
    """What stays the same from origin to origin."""

    task: Task
    tables: Mapping[str, ibis.Table]
    spec: Mapping[str, Any]
    families: Sequence[str]
    connection: ibis.BaseBackend
    truth: Mapping[str, pd.DataFrame]


def pose(
    task: Task,
    tables: Mapping[str, ibis.Table],
    spec: Mapping[str, Any],
    *,
    last_day: dt.date | None,
    connection: ibis.BaseBackend,
) -> Posed:
    """Return the rows, folds and solution of a task on event data.

    tables: whole canonical tables. spec: its `features` are names of families; those whose tables are
    missing are skipped. last_day: last day that the data cover (None: the day of the last order line). With
    `followed_until` the landmarks are stacked: one window of all test cutoffs. Raises UsageError for a
    missing table, a protocol that needs labels, dates in the wrong order, a label window that the data
    do not cover, landmarks stacked for methods that cannot reckon with censoring, or an origin without
    customers.
    """
    _check(task, tables, spec)
    train, test = label_windows(spec)
    origins = sorted({*train, *test}, key=lambda w: w.cutoff)
    _check_covered(tables, origins, last_day, connection)
    families = families_of(task, spec, tables)
    skipped = [f for f in spec.get("features", []) if f in (task.families or (f,)) and f not in families]
    tables = {t: tables[t] for t in tables_read(task, spec, families, tables)}
    asked = _Question(task, tables, spec, families, connection, _truth_tables(spec["dataset"]))
    frame = numbered(pd.concat([_block(asked, window) for window in origins], ignore_index=True))
    solution = frame[["row_id", *(c for c in SOLUTION if c in frame)]]
    rows, empty = without_empty(frame.drop(columns=solution.columns[1:]))
    split_by = folds.stacked if "followed_until" in spec else folds.rolling
    split = split_by(frame["origin"], train=train, test=test)
    seen = _first_seen(asked)
    facts = {
        "families": families,
        "families_skipped": skipped,
        "empty_columns": empty,
        "origins": [_origin_facts(frame, window, seen) for window in origins],
        "windows": [_window_facts(frame, split, fold, test) for fold in split.facts],
    }
    if "left_censored" in rows:
        facts["left_censored_before"] = midnight(spec["left_censored_before"]).date().isoformat()
        facts["left_censored_rows"] = int(rows["left_censored"].sum())
    roles = roles_of(rows, shown=task.shown, carried=["left_censored"])
    return Posed(rows, split, solution, roles, facts, _history(asked))


def _history(asked: _Question) -> pd.DataFrame | None:
    """Return the events of the kinds that read them, by customer and time; None where the task has none."""
    if asked.task.history is None:
        return None
    events = asked.task.history(asked.tables).order_by("customer", "at", "event", "basket", "item")
    return asked.connection.to_pyarrow(events).to_pandas()


# --- one origin ---------------------------------------------------------------------------------
def _block(asked: _Question, window: Window) -> pd.DataFrame:
    """Return one origin's customers with origin, feature columns and solution columns."""
    connection, spec = asked.connection, asked.spec
    known = as_known(asked.tables, window.cutoff, connection)
    people = _kept(asked.task.population(known, cutoff=window.cutoff), asked)
    population = connection.to_pyarrow(people.order_by("customer"))
    frame = gather(known, population.to_pandas(), connection, cutoff=window.cutoff, families=asked.families)
    frame.insert(1, "origin", pd.Series(window.cutoff, index=frame.index, dtype="datetime64[us]"))
    if "left_censored_before" in spec:
        frame["left_censored"] = _left_censored(frame, midnight(spec["left_censored_before"]))
    future = asked.task.outcomes(asked.tables, ibis.memtable(population), window)
    if "value" in future.columns:
        future = future.mutate(value=future.value.cast("float64"))
    found = connection.to_pyarrow(future).to_pandas()
    frame = frame.merge(found, on="customer", validate="one_to_one")
    if asked.truth and asked.task.truth:
        return frame.assign(**_truths(asked, frame["customer"], window))
    return frame


def _kept(people: ibis.Table, asked: _Question) -> ibis.Table:
    """Return the people whose row in `customers` has the values that the spec's population wants."""
    for column, value in asked.spec.get("population", {}).items():
        customers = asked.tables.get("customers")
        if customers is None or column not in customers.columns:
            known = customers.columns if customers is not None else ()
            raise UsageError(f"population: customers has no column '{column}'." + did_you_mean(column, known))
        people = people.semi_join(customers.filter(customers[column] == value), "customer")
    return people


def _left_censored(frame: pd.DataFrame, since: dt.datetime) -> pd.Series:
    """Tell which customers were first seen before `since`, whose true first purchase is unknown."""
    first_day = frame["origin"] - pd.to_timedelta(frame["T_days"] + 1, unit="D")
    return first_day < since


def _truth_tables(dataset: str) -> dict[str, pd.DataFrame]:
    """Return the truth behind a simulated data set by table name; empty where there is none."""
    return {f.stem: pd.read_parquet(f) for f in sorted(store.truth_folder(dataset).glob("*.parquet"))}


def _truths(asked: _Question, customers: pd.Series, window: Window) -> dict[str, np.ndarray]:
    """Return what the oracle knows by solution column: `truth`, and the `effect` of a task's offer."""
    found = {"truth": _truth(asked, customers, window)}
    if asked.task.effect:
        found["effect"] = _oracle(asked, asked.task.effect, customers, window)
    return found


def _truth(asked: _Question, customers: pd.Series, window: Window) -> np.ndarray:
    """Return the task's truth for the customers: their latent type or true probabilities."""
    known, name = asked.truth["customers"], asked.task.truth
    if name in known:
        return customers.map(known.set_index("customer")[name]).to_numpy()
    if window.gap_days:
        raise UsageError(
            f"gap_days = {window.gap_days}: the truth of {asked.spec['dataset']} is known without a gap only"
        )
    return _oracle(asked, name, customers, window)


def _oracle(asked: _Question, name: str, customers: pd.Series, window: Window) -> np.ndarray:
    """Return what a function of the oracle answers about the customers at the window's cutoff."""
    oracle = getattr(importlib.import_module(ORACLE), name)
    return oracle(asked.truth, customers.tolist(), cutoff=window.cutoff, horizon_days=window.horizon_days)


# --- checks and facts ---------------------------------------------------------------------------
def _check(task: Task, tables: Mapping[str, ibis.Table], spec: Mapping[str, Any]) -> None:
    """Raise UsageError where the task or the protocol does not fit the tables."""
    where = f"{task.label} on {spec['dataset']}"
    for table in task.needs:
        if table not in tables:
            raise UsageError(
                f"{where} needs the table '{table}', and there is only {', '.join(sorted(tables))}"
            )
    if not spec["test_cutoffs"]:
        raise UsageError(f"{where}: test_cutoffs is empty: name at least one day")
    cut_short = [k for k in task.kinds if "duration_days" not in registry.module("kinds", k).TARGET]
    if "followed_until" in spec and cut_short:
        raise UsageError(
            f"{where}: followed_until censors rows before the horizon, and methods of the kind "
            f"{', '.join(cut_short)} cannot reckon with that: leave it out"
        )


def _check_covered(
    tables: Mapping[str, ibis.Table],
    windows: Sequence[Window],
    last_day: dt.date | None,
    connection: ibis.BaseBackend,
) -> None:
    """Raise UsageError where a label window reaches beyond the data: its outcomes would be cut short."""
    if last_day is None:
        last_day = connection.to_pyarrow(tables["transactions"].timestamp.max()).as_py().date()
    for window in windows:
        if window.end.date() > last_day + dt.timedelta(days=1):
            if window.closes is not None:
                raise UsageError(
                    f"the label window of the cutoff {window.cutoff:%Y-%m-%d} is followed until "
                    f"{window.closes:%Y-%m-%d}, and the data end on {last_day}: choose "
                    f"followed_until {last_day + dt.timedelta(days=1)} or an earlier day"
                )
            raise UsageError(
                f"the label window of the cutoff {window.cutoff:%Y-%m-%d} ends on "
                f"{window.end - dt.timedelta(days=1):%Y-%m-%d}, and the data end on {last_day}: "
                "choose an earlier cutoff or a shorter horizon_days"
            )


def _first_seen(asked: _Question) -> pd.Series:
    """Return when each customer was first seen in the whole data."""
    seen = _kept(asked.task.first_seen(asked.tables), asked)
    return asked.connection.to_pyarrow(seen.select("seen")).to_pandas()["seen"]


def _origin_facts(frame: pd.DataFrame, window: Window, seen: pd.Series) -> dict[str, Any]:
    """Return the size and base rate of one origin, and who is not in it as not yet seen."""
    block = frame[frame["origin"] == window.cutoff]
    found = {
        "cutoff": window.cutoff.date().isoformat(),
        "n_rows": len(block),
        "base_rate": censoring.rate(block, window.horizon_days),
        "first_seen_after_cutoff": int((seen >= window.cutoff).sum()),
    }
    if window.closes is None:
        return found
    censored = int(censoring.is_censored(block).sum())
    return found | {"followed_days": window.followed_days, "n_censored": censored}


def _window_facts(
    frame: pd.DataFrame, split: folds.Folds, fold: Mapping[str, Any], tested: Sequence[Window]
) -> dict[str, Any]:
    """Return the sizes, base rates and train origins of one window; of stacked landmarks more of the test."""
    part = split.frame[split.frame["fold"] == fold["fold"]]
    train, test = (frame.iloc[part.loc[part["part"] == p, "row_id"]] for p in (folds.TRAIN, folds.TEST))
    horizon = tested[0].horizon_days
    found = {
        "window": fold["window"],
        "cutoff": fold["cutoff"],
        "train_cutoffs": [t.date().isoformat() for t in sorted(train["origin"].unique())],
        "n_train": fold["n_train"],
        "n_test": fold["n_test"],
        "base_rate_train": censoring.rate(train, horizon),
        "base_rate_test": censoring.rate(test, horizon),
    }
    if tested[0].closes is None:
        return found
    return found | {
        "test_cutoffs": [t.date().isoformat() for t in sorted(test["origin"].unique())],
        "n_censored_train": int(censoring.is_censored(train).sum()),
        "n_censored_test": int(censoring.is_censored(test).sum()),
        "followed_share": censoring.followed_share(test, horizon),
    }
