"""Verification: do the committed scores come again?

Everything is posed, fitted and scored again, and each number and each word of the verdict is compared with
the committed one. (Whether scores are stale, crmlab.desk.stale says in seconds.)
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pandas as pd

from crmlab import params, store
from crmlab.comparison.committed import read
from crmlab.comparison.compare import judged
from crmlab.comparison.record import flat
from crmlab.comparison.run import run
from crmlab.desk.stale import names_of, refuse_unknown, verify_keys
from crmlab.errors import CrmlabError, DataError
from crmlab.problems.pose import pose

__all__ = ["classify", "verify_keys", "verify_numbers"]

EXACT, NUMERIC, ORDER, DIFFERENT = "exact", "numeric", "order", "different"
"""Same digits; within RELATIVE; another number but the same ranking; neither."""

RELATIVE = 1e-6
ABSOLUTE = 1e-9
"""Numbers this close are the same: the record keeps 9 digits, so smaller ones cannot be judged."""


# --- numbers: everything made again -------------------------------------------------------------
def verify_numbers(only: Sequence[str] = ()) -> pd.DataFrame:
    """Pose, fit and score again, without the store, and compare with the committed scores.

    only: 'TASK/PROBLEM', a task, or a data set; default: every committed comparison whose tables
    are on this machine. Returns a row per comparison (problem, class, worst, where, ok): the class is
    `exact`, `numeric` (every number within 1e-6), `order` (same ranking, other numbers) or
    `different`; worst is the largest relative difference and where it is. Only the first two
    are ok: another processor may move the last digits, and that stays far within `numeric`.
    Nothing is written but the store of runs. Raises UsageError for a name that is none, DataError
    where nothing can be verified.
    """
    settings = params.load()
    chosen = list(_chosen(settings, only))
    if not chosen:
        raise DataError("no committed comparison has its tables here: run `make reproduce` first")
    rows = []
    for task, name in chosen:
        try:
            before = flat(read(task.name, name))
            found = classify(before, flat(_again(task, name, settings)))
        except CrmlabError as error:
            found = {"class": DIFFERENT, "worst": math.inf, "where": str(error)}
        rows.append({"problem": f"{task.name}/{name}", **found, "ok": found["class"] in (EXACT, NUMERIC)})
    return pd.DataFrame(rows, columns=["problem", "class", "worst", "where", "ok"])


def classify(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    """Compare two flat records {place: number or word}; return their class and the worst place.

    Places that begin with 'rank' hold the ranking.
    """
    if before == after:
        return {"class": EXACT, "worst": 0.0, "where": ""}
    distance = {place: _distance(before.get(place), after.get(place)) for place in {**before, **after}}
    where = max(distance, key=distance.__getitem__)
    worst = distance[where]
    ranks = [{k: v for k, v in record.items() if k.startswith("rank")} for record in (before, after)]
    if all(_same(before.get(place), after.get(place)) for place in distance):
        found = NUMERIC
    else:
        found = ORDER if ranks[0] == ranks[1] else DIFFERENT
    return {"class": found, "worst": worst, "where": where}


def _same(a: Any, b: Any) -> bool:
    """Tell whether two values agree: words exactly, numbers within the tolerances."""
    if isinstance(a, float | int) and isinstance(b, float | int):
        return math.isclose(a, b, rel_tol=RELATIVE, abs_tol=ABSOLUTE)
    return a == b


def _distance(a: Any, b: Any) -> float:
    """Return the relative difference of two numbers; of words, 0 where equal and else infinity."""
    if isinstance(a, float | int) and isinstance(b, float | int):
        return 0.0 if a == b else abs(a - b) / max(abs(a), abs(b))
    return 0.0 if a == b else math.inf


def _again(task: params.Task, name: str, settings: params.Params) -> dict[str, Any]:
    """Return the record of a comparison made afresh: posed from the tables, nothing reused."""
    spec = task.spec(name)
    posed = pose(task.name, name, spec, seed=settings.seed)
    runs = run(
        posed,
        task.roster(name),
        task.fitting(settings.seed, in_time=posed.protocol.in_time),
        workers=settings.workers,
        seconds_per_run=settings.seconds_per_run,
        fresh=True,
    )
    return judged(posed, runs, task, settings).record()


def _chosen(settings: params.Params, only: Sequence[str]) -> Iterator[tuple[params.Task, str]]:
    """Yield the comparisons that are asked for."""
    refuse_unknown(settings, only)
    for task, name in [(t, name) for t in settings.tasks.values() for name in t.problems]:
        there = store.tables_folder(task.problems[name]["dataset"]).is_dir()
        if only:
            if names_of(task, name) & set(only):
                yield task, name
        elif store.scores_file(task.name, name).is_file() and there:
            yield task, name
