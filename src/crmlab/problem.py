"""Problems: a task posed on a data set under a protocol, kept as three tables and facts.

`rows` (what methods may know), `folds` (who trains, who tests) and `solution` (what happened). A
method is handed `Problem.fold(n)`, in which the outcomes of the test rows do not occur.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from crmlab import censoring, registry, store
from crmlab.errors import DataError, UsageError, did_you_mean
from crmlab.folds import TEST, TRAIN

# what poses a problem is imported where it does: workers only read one, and start a second sooner
if TYPE_CHECKING:
    from crmlab.tasks._posed import Posed

FRAMES = ("rows", "folds", "solution")
OBSERVED = ("outcome", "value", "purchases", "duration_days", "event")
"""The columns of the solution that a shop sees in time; what only an oracle knows is not among them."""
PROTOCOLS = {
    "rolling": "test customers, as blocks across origins",
    "chronological": "test rows of one hold-out",
    "blocks": "test rows of blocks that follow one another in time",
    "cross_validation": "the split into train and test rows (corrected for their overlap)",
}
"""What the interval of each protocol varies."""


@dataclass(frozen=True)
class Fold:
    """What the harness may hand out of one fold: no outcome of a test row is in it."""

    train_rows: pd.DataFrame
    train_outcomes: pd.DataFrame
    test_rows: pd.DataFrame
    test_row_ids: np.ndarray
    window: int
    refit: int
    cutoff: str | None


@dataclass(frozen=True)
class Problem:
    """A posed problem: `rows`, `folds` and `solution` as frames, and readable `facts`."""

    task: str
    name: str
    spec: Mapping[str, Any]
    rows: pd.DataFrame
    folds: pd.DataFrame
    solution: pd.DataFrame
    facts: dict[str, Any]

    def fold_numbers(self) -> list[int]:
        """Return the numbers of all folds, in order."""
        return [f["fold"] for f in self.facts["folds"]]

    def fold(self, number: int) -> Fold:
        """Return one fold: train rows with outcomes, test rows without.

        Raises UsageError for a number that does not exist.
        """
        facts = next((f for f in self.facts["folds"] if f["fold"] == number), None)
        if facts is None:
            raise UsageError(
                f"{self.task}/{self.name} has no fold {number}: it has {len(self.facts['folds'])}"
            )
        mine = self.folds[self.folds["fold"] == number]
        known = [c for c in OBSERVED if c in self.solution]
        train, test = (mine.loc[mine["part"] == part, "row_id"].to_numpy() for part in (TRAIN, TEST))
        return Fold(
            train_rows=self.rows.iloc[train].reset_index(drop=True),
            train_outcomes=self.solution[known].iloc[train].reset_index(drop=True),
            test_rows=self.rows.iloc[test].reset_index(drop=True),
            test_row_ids=test,
            window=facts["window"],
            refit=facts["refit"],
            cutoff=facts["cutoff"],
        )


def pose(task: str, name: str, spec: Mapping[str, Any], *, features: Sequence[str], seed: int) -> Problem:
    """Pose a task on a data set's tables as the spec says; nothing is written.

    spec: `<task>.problems.<name>` of params.yaml. features: family names, in order. seed: of the
    cross-validation splits. Raises UsageError for a spec that does not fit the data, DataError
    where the tables were not made yet.
    """
    from crmlab.declared import described
    from crmlab.tasks import _events, _labelled

    entry, dataset = registry.module("tasks", task), spec["dataset"]
    if spec.get("protocol") not in PROTOCOLS:
        protocol = str(spec.get("protocol"))
        raise UsageError(f"{task}.{name}: no protocol '{protocol}'." + did_you_mean(protocol, PROTOCOLS))
    declared, connection = described(dataset), store.engine()
    tables = store.open_tables(dataset, connection)
    if "labelled" in tables:
        if entry.PUBLISHED_OUTCOME is None:
            raise UsageError(f"{task} needs events, and '{dataset}' is a labelled table")
        table = connection.to_pyarrow(tables["labelled"].order_by("row_id")).to_pandas()
        posed = _labelled.pose(table, spec, barred=declared.barred, seed=seed)
    else:
        last_day = dt.date.fromisoformat(declared.span[1]) if declared.span else None
        posed = _events.pose(entry, tables, spec, features=features, last_day=last_day, connection=connection)
    key = problem_key(task, name, spec, features=features, seed=seed)
    return Problem(
        task,
        name,
        _without_overrides(spec),
        posed.rows,
        posed.folds.frame,
        posed.solution,
        _facts(entry, task, name, spec, posed, key),
    )


def _facts(
    entry: Any, task: str, name: str, spec: Mapping[str, Any], posed: Posed, key: str
) -> dict[str, Any]:
    """Return the readable facts of a posed problem."""
    horizon = spec.get("horizon_days")
    varies = PROTOCOLS[spec["protocol"]]
    if any(f["refit"] for f in posed.folds.facts):
        varies += "; train customers and seed, by bootstrap refits of the last window"
    facts = {
        "task": task,
        "problem": name,
        "dataset": spec["dataset"],
        "protocol": spec["protocol"],
        "label": entry.OUTCOME if horizon else entry.PUBLISHED_OUTCOME,
        "positive": entry.POSITIVE,
        "horizon_days": horizon,
        "gap_days": spec.get("gap_days", 0) if horizon else None,
        "n_rows": len(posed.rows),
        "n_customers": int(posed.rows["customer"].nunique()),
        "base_rate": censoring.rate(posed.solution, horizon),
        "varies": varies,
        **posed.facts,
        "roles": posed.roles,
        "folds": posed.folds.facts,
        "spec": _without_overrides(spec),
        "problem_key": key,
    }
    frames = {"rows": posed.rows, "folds": posed.folds.frame, "solution": posed.solution}
    return facts | {"digest": _digest(frames, facts)}


# --- keeping ------------------------------------------------------------------------------------
def save(problem: Problem) -> None:
    """Write the frames and facts of a problem, each to a temporary name first."""
    with store.replacing_folder(store.problem_folder(problem.task, problem.name)) as folder:
        for frame in FRAMES:
            store.write_frame(folder / f"{frame}.parquet", getattr(problem, frame))
    store.write_json(store.facts_file(problem.task, problem.name), problem.facts)


def load(task: str, name: str) -> Problem:
    """Read a problem and check that its frames are the ones that its facts describe.

    Raises DataError where it was not made yet, or where the frames were changed or damaged.
    """
    made_by = f"crmlab problem {task} {name}"
    facts = store.read_json(store.facts_file(task, name), made_by=made_by)
    folder = store.problem_folder(task, name)
    frames = {f: store.read_frame(folder / f"{f}.parquet", made_by=made_by) for f in FRAMES}
    found = _digest(frames, facts)
    if found != facts["digest"]:
        raise DataError(
            f"{store.show(folder)} has the digest {found[:12]}, and its facts say {facts['digest'][:12]}: "
            f"the files were changed or damaged; run `{made_by}` again"
        )
    return Problem(task, name, facts["spec"], **frames, facts=facts)


def _digest(frames: Mapping[str, pd.DataFrame], facts: Mapping[str, Any]) -> str:
    """Return the digest of the three frames and of the facts that the harness hands to methods."""
    handed = {name: facts[name] for name in ("roles", "horizon_days", "folds")}
    return store.digest_of([*(store.digest(frames[f]) for f in FRAMES), handed])


def problem_key(task: str, name: str, spec: Mapping[str, Any], *, features: Sequence[str], seed: int) -> str:
    """Return the hash of everything that makes a problem, from committed files only.

    That is: the sources of the task, the features, the protocol, the data set and its tables; the
    spec without the roster's overrides; the seed; the tables' digests in the fingerprint. Raises
    DataError where the fingerprint is missing.
    """
    from crmlab.tasks import _events

    dataset = spec["dataset"]
    fingerprint = store.read_json(store.fingerprint_file(dataset), made_by=f"crmlab tables {dataset}")
    modules = [
        "crmlab.problem",
        f"crmlab.tasks.{task}",
        f"crmlab.datasets.{dataset}",
        *(f"crmlab.features.{f}" for f in features),
    ]
    if "truth" in fingerprint:
        modules.append(_events.ORACLE_MODULE)
    return store.digest_of(
        {
            "name": [task, name],
            "sources": registry.source_digest(*modules),
            "spec": _without_overrides(spec),
            "features": list(features),
            "seed": seed,
            "tables": {t: part["digest"] for t, part in fingerprint["tables"].items()},
        }
    )


def _without_overrides(spec: Mapping[str, Any]) -> dict[str, Any]:
    """Return the part of a spec that makes the problem, without what changes the comparison only."""
    return {k: v for k, v in spec.items() if k not in ("overrides", "without", "replicates")}


# --- data sets without a spec -------------------------------------------------------------------
def auto_spec(dataset: str, task: str) -> dict[str, Any]:
    """Return a spec of a task for a data set that params.yaml does not pose.

    Labelled table: 5-fold cross-validation, twice. Events over D days: the horizon is 90 days, or
    D // 5 where that is less; the last cutoff tests and its label window ends with the data; the
    train cutoffs lie one horizon apart before it, each with at least one horizon of history
    (none for a task all of whose kinds learn from no outcome). Raises UsageError below 35 days.
    """
    connection = store.engine()
    tables = store.open_tables(dataset, connection)
    if "labelled" in tables:
        return {"dataset": dataset, "protocol": "cross_validation", "folds": 5, "repeats": 2}
    if "transactions" not in tables:
        raise UsageError(f"'{dataset}' has neither transactions nor a labelled table: nothing to ask of it")
    times = tables["transactions"].timestamp
    first, last = (connection.to_pyarrow(t).as_py().date() for t in (times.min(), times.max()))
    end = last + dt.timedelta(days=1)
    days = (end - first).days
    if days < 35:
        raise UsageError(f"'{dataset}' covers {days} days: at least 35 are needed for history and a horizon")
    horizon = min(90, days // 5)
    test = end - dt.timedelta(days=horizon)
    back = range(1, (test - first).days // horizon)
    taught = any(registry.module("kinds", k).TARGET for k in registry.module("tasks", task).KINDS)
    cutoffs = sorted(test - dt.timedelta(days=horizon * k) for k in back) if taught else []
    return {
        "dataset": dataset,
        "protocol": "rolling",
        "horizon_days": horizon,
        "gap_days": 0,
        "refits": 5,
        "train_cutoffs": [c.isoformat() for c in cutoffs],
        "test_cutoffs": [test.isoformat()],
    }
