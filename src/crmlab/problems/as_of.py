"""As of a day: a problem whose test rows are everyone known by then, and whose outcomes nobody knows.

Train rows are of origins as far apart as those of the comparison, moved so that the last label window ends
with the day: all that is known by then is learned from.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import pandas as pd

from crmlab import registry, store
from crmlab.data.described import described
from crmlab.data.fingerprints import check_whole
from crmlab.errors import NotApplicable, UsageError
from crmlab.history.ledger import open_ledger
from crmlab.history.ledger.beside import Beside
from crmlab.history.windows import label_windows, midnight
from crmlab.params.checking import DAY
from crmlab.params.protocols import protocol
from crmlab.problems import consenting, from_events, visitors
from crmlab.problems.files import digest
from crmlab.problems.pose import last_day_of
from crmlab.problems.problem import HISTORY, Problem
from crmlab.problems.reads import families_of, tables_read
from crmlab.vocabulary import TEST

KNOWN: Final = ("row_id", "outcome", "value", "purchases", "duration_days", "event", "followed_days")
"""What a shop sees in time; what only an oracle knows has no place in a list for today."""


def pose_as_of(task: str, name: str, spec: Mapping[str, Any], *, day: str | dt.date | None = None) -> Problem:
    """Pose a task for everyone known at the end of a day; nothing is written, and no outcome is in it.

    spec: how the comparison is posed. day: default the last day of the data. The cutoff is the midnight after
    it. Raises UsageError for a day that the data do not reach, NotApplicable for a comparison without
    dates, one whose landmarks are stacked, or one no label window of which is over by then.
    """
    refuse_undated(task, name, spec)
    entry, dataset = registry.find("tasks", task), spec["dataset"]
    declared, connection = described(dataset), store.engine()
    tables = store.open_tables(dataset, connection)
    check_whole(dataset, tables_read(entry, spec, families_of(entry, spec, tables), tables))
    last = _last_day(declared, tables, connection)
    cutoff = _day_after(dataset, day, last)
    moved = _moved(spec, cutoff)
    taught = any(registry.module("kinds", k).TARGET for k in entry.kinds)
    if taught and not moved["train_cutoffs"]:
        raise NotApplicable(
            f"{task}/{name}: by the end of {_day_before(cutoff)} no label window of {moved['horizon_days']} "
            "days is over, so nothing can be learned: take a later day"
        )
    # the outcomes of the last origin are asked for like the others', and taken away below
    reach = cutoff + dt.timedelta(days=moved["horizon_days"] + moved.get("gap_days", 0))
    people = visitors.asked(tables, spec, connection)
    beside = connection if people is not tables else Beside(connection, open_ledger(dataset))
    tables = people
    posed = from_events.pose(entry, tables, moved, last_day=max(last, reach.date()), connection=beside)
    posed = consenting.as_of(posed, tables, moved, connection)
    folds = posed.folds
    asked = folds.frame.loc[folds.frame["part"] == TEST, "row_id"].to_numpy()
    solution = posed.solution[[c for c in KNOWN if c in posed.solution]].astype(
        {c: "float64" for c in KNOWN[1:] if c in posed.solution}
    )
    solution.iloc[asked, 1:] = np.nan
    facts = {
        "task": task,
        "problem": name,
        "dataset": dataset,
        "protocol": spec["protocol"],
        "positive": entry.positive,
        "horizon_days": moved["horizon_days"],
        "gap_days": moved.get("gap_days", 0),
        "as_of": _day_before(cutoff),
        "n_rows": len(posed.rows),
        "families": posed.facts["families"],
        "roles": posed.roles,
        "folds": folds.facts,
        "spec": moved,
    }
    frames: dict[str, pd.DataFrame] = {"rows": posed.rows, "folds": folds.frame, "solution": solution}
    if posed.history is not None:
        frames[HISTORY] = posed.history[posed.history["at"] < cutoff].reset_index(drop=True)
    return Problem(task, name, moved, **frames, facts=facts | {"digest": digest(frames, facts)})


def refuse_undated(task: str, name: str, spec: Mapping[str, Any]) -> None:
    """Refuse a comparison that cannot be moved to another day. Raises NotApplicable with the reason."""
    divides = protocol(spec["protocol"])
    if divides.on_baskets:
        raise NotApplicable(
            f"{task}/{name} asks for baskets: `crmlab recommend {name} --customer ID` offers as of the last "
            "day"
        )
    if not divides.on_events:
        raise NotApplicable(f"{task}/{name}: its rows have no dates, so there is no list as of a day")
    if "followed_until" in spec:
        raise NotApplicable(
            f"{task}/{name} follows the rows of several days to one end: there is no list as of another day"
        )


def _day_before(cutoff: dt.datetime) -> str:
    """Return the last day that is known at a midnight."""
    return (cutoff - dt.timedelta(days=1)).date().isoformat()


def refuse_later(dataset: str, day: str | dt.date | None) -> None:
    """Raise UsageError for what is not a day, or is one that the data do not reach."""
    connection = store.engine()
    last = _last_day(described(dataset), store.open_tables(dataset, connection), connection)
    _day_after(dataset, day, last)


def _day_after(dataset: str, day: str | dt.date | None, last: dt.date) -> dt.datetime:
    """Return the midnight after a day, by default the last one of the data; raises as `refuse_later`."""
    if isinstance(day, str) and not DAY.fullmatch(day):
        raise UsageError(f"'{day}' is not a day: write it as YYYY-MM-DD")
    cutoff = midnight(last if day is None else day) + dt.timedelta(days=1)
    if cutoff.date() > last + dt.timedelta(days=1):
        raise UsageError(
            f"the data of '{dataset}' end on {last}: nothing is known as of {day}. A later list needs newer "
            f"data: crmlab tables {dataset} …"
        )
    return cutoff


def _last_day(declared: Any, tables: Mapping[str, Any], connection: Any) -> dt.date:
    """Return the last day of the data: where the data set does not say, that of the last order line."""
    last = last_day_of(declared)
    return last or connection.to_pyarrow(tables["transactions"].timestamp.max()).as_py().date()


def _moved(spec: Mapping[str, Any], cutoff: dt.datetime) -> dict[str, Any]:
    """Return the spec with all its origins before the cutoff training, the last label window ending at it."""
    train, test = label_windows(spec)
    origins = sorted({w.cutoff for w in (*train, *test)})
    reach = dt.timedelta(days=spec["horizon_days"] + spec.get("gap_days", 0))
    shift = cutoff - reach - origins[-1]
    first = origins[0]
    # moved back in time, an origin may come before there is a history: those are left out
    kept = [o + shift for o in origins if o + shift >= first] if train else []
    return dict(spec) | {
        "train_cutoffs": [o.date().isoformat() for o in kept],
        "test_cutoffs": [cutoff.date().isoformat()],
    }
