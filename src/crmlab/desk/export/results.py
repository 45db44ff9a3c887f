"""What was computed of a data set: lists of people, scores of a day, and the boards of methods."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pandas as pd

from crmlab import params, registry, store
from crmlab.errors import CrmlabError

AS_OF: Final = "as_of_"
ANSWERS: Final = "answers"

COLUMNS: Final = {
    "lists": (
        "task",
        "problem",
        "list",
        "as_of",
        "customer",
        "score",
        "probability",
        "expected_profit",
        "contact",
    ),
    "scores": ("task", "problem", "as_of", "customer", "score"),
    "boards": ("task", "problem", "method", "metric", "value", "lower", "upper", "cutoffs"),
}
NUMBERS: Final = ("score", "probability", "expected_profit", "value", "lower", "upper")


def results(dataset: str) -> dict[str, pd.DataFrame]:
    """Return `lists`, `scores` and `boards` of all problems of a data set; empty where none was computed."""
    problems = list(_problems(dataset))
    lists = [frame for problem in problems for frame in _lists(*problem)]
    boards = [frame for problem in problems for frame in _boards(*problem)]
    scores = [f.assign(list=None) for f in lists if f["list"].iat[0] == ANSWERS]
    lists = [f for f in lists if f["list"].iat[0] != ANSWERS]
    parts = {"lists": lists, "scores": scores, "boards": boards}
    return {name: _of(name, frames) for name, frames in parts.items()}


def _of(name: str, frames: list[pd.DataFrame]) -> pd.DataFrame:
    """Return frames one below the other with the columns of a table of results."""
    columns = list(COLUMNS[name])
    kinds = {c: "float64" if c in NUMBERS else "str" for c in columns}
    whole = [f.reindex(columns=columns).astype(kinds) for f in frames]
    return pd.concat(whole, ignore_index=True) if whole else pd.DataFrame(columns=columns).astype(kinds)


def _problems(dataset: str) -> Iterator[tuple[str, str]]:
    """Yield task and problem of everything that may have been asked of a data set."""
    settings = params.load()
    for name in registry.names("tasks"):
        posed = settings.tasks[name].problems if name in settings.tasks else {}
        yield from ((name, problem) for problem, spec in posed.items() if spec["dataset"] == dataset)
        if dataset not in posed:
            yield name, dataset


def _lists(task: str, problem: str) -> Iterator[pd.DataFrame]:
    """Yield the lists of a problem, each with its day: of the last window, and of every day asked for."""
    folders = [store.actions_folder(task, problem, scratch=s) for s in (False, True)]
    days = sorted((store.scratch_folder() / task / problem).glob(f"{AS_OF}*"))
    for folder in (*folders, *days):
        day = folder.name.removeprefix(AS_OF) if folder in days else _last_window(task, problem)
        for file in sorted(folder.glob("*.parquet")):
            frame = pd.read_parquet(file)
            if len(frame) and "customer" in frame:
                yield frame.assign(task=task, problem=problem, list=file.stem, as_of=day)


def _last_window(task: str, problem: str) -> str:
    """Return the last day that was known at the last cutoff of a problem, '' where it has none."""
    facts = _read(store.facts_file(task, problem))
    cutoffs = [fold["cutoff"] for fold in facts.get("folds", []) if fold["cutoff"]]
    return str((pd.Timestamp(max(cutoffs)) - pd.Timedelta(days=1)).date()) if cutoffs else ""


def _boards(task: str, problem: str) -> Iterator[pd.DataFrame]:
    """Yield the values of the methods in the committed record and in a look around."""
    scratch = store.scratch_folder() / task / problem / "scores.json"
    for file in (store.scores_file(task, problem), scratch):
        record = _read(file)
        rows = [
            {"method": method, "metric": metric, **_value(found)}
            for method, run in record.get("methods", {}).items()
            for metric, found in run.get("scores", {}).items()
        ]
        if rows:
            facts = _read(store.facts_file(task, problem))
            cutoffs = ", ".join(sorted({f["cutoff"] for f in facts.get("folds", []) if f["cutoff"]}))
            yield pd.DataFrame(rows).assign(task=task, problem=problem, cutoffs=cutoffs)
            return


def _value(found: Any) -> dict[str, Any]:
    """Return a metric's value and interval, however a record writes them."""
    if isinstance(found, dict):
        return {name: found.get(name) for name in ("value", "lower", "upper")}
    return {"value": found}


def _read(file: Path) -> dict[str, Any]:
    """Return a record, empty where there is none that can be read."""
    try:
        return store.read_json(file, made_by="crmlab compare") if file.is_file() else {}
    except CrmlabError:
        return {}
