"""Committed records: the one way to read them, and those of a question, through params.yaml and no glob."""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from crmlab import params, store
from crmlab.errors import DataError
from crmlab.store.seal import is_whole

FORMAT: Final = 3
"""The form of a record; one of another form is not read."""


def read(task: str, problem: str) -> dict[str, Any]:
    """Return the committed record of a problem.

    Raises DataError where it is missing, of another form, or was edited since it was written.
    """
    path, made_by = store.scores_file(task, problem), store.remade_by(task, problem)
    content = store.read_json(path, made_by=made_by)
    if content.get("format") != FORMAT:
        raise DataError(
            f"{store.show(path)} has the format {content.get('format')}, not {FORMAT}: run `{made_by}`"
        )
    if not is_whole(content) or _says_twice(path):
        raise DataError(
            f"{store.show(path)} was edited after it was written: a number or a sentence in it is not the "
            f"one that was computed. Take it from git again (`git checkout -- {store.show(path)}`) or run "
            f"`dvc repro --force comparison@{task}-{problem}`"
        )
    return content


def _says_twice(path: Path) -> bool:
    """Return whether an object of a JSON file names a key twice: a reader of the text may take the other."""
    twice: list[str] = []

    def seen(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        names = [name for name, _ in pairs]
        twice.extend({name for name in names if names.count(name) > 1})
        return dict(pairs)

    json.loads(path.read_text(encoding="utf-8"), object_pairs_hook=seen)
    return bool(twice)


def settings() -> params.Params:
    """Return params.yaml, read and checked again only when the file has changed."""
    path = store.project() / store.PARAMS
    return _loaded(path, path.stat().st_mtime_ns)


@functools.lru_cache(maxsize=1)
def _loaded(path: Path, changed: int) -> params.Params:
    """Return a params.yaml as it was at a time."""
    return params.load(path)


def records(task: str) -> dict[str, dict[str, Any]]:
    """Return the committed scores of a task by problem, in the order of params.yaml."""
    found = {}
    for name in settings().task(task).problems:
        if store.scores_file(task, name).is_file():
            found[name] = read(task, name)
    return found


def roster(task: str) -> list[str]:
    """Return the methods of a task's roster, 'kind/name', in the order of params.yaml."""
    return [f"{kind}/{name}" for kind, names in settings().task(task).methods.items() for name in names]


def cost_of(method: Mapping[str, Any]) -> dict[str, float] | None:
    """Return what a method of a record took: cpu_seconds, peak_memory_mb, fits; None where no run is kept."""
    if not method.get("run_key"):
        return None
    path = store.run_folder(method["run_key"]) / "run.json"
    if not path.is_file():
        return None
    return store.read_json(path, made_by="dvc repro", holding=["cost"])["cost"]
