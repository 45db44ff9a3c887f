"""Problems on demand: posed from params.yaml, or by default windows on a user's own data."""

from __future__ import annotations

from typing import Any

from crmlab import params as reading
from crmlab import problem as posing
from crmlab import store


def is_posed(task: str, name: str) -> bool:
    """Tell whether a problem lies ready and is what params.yaml, the sources and the tables make today."""
    facts = store.facts_file(task, name)
    if not facts.is_file() or not (store.problem_folder(task, name) / "rows.parquet").is_file():
        return False
    settings = reading.load()
    spec = _spec(settings, task, name)
    key = posing.problem_key(task, name, spec, features=settings.features, seed=settings.seed)
    return key == store.read_json(facts, made_by=f"crmlab problem {task} {name}")["problem_key"]


def _spec(settings: Any, task: str, name: str) -> Any:
    """Return how a problem is posed: from params.yaml, or by default windows on the user's own data."""
    part = settings.task(task)
    if name not in part.problems and store.fingerprint_file(name).is_file():
        return posing.auto_spec(name, task)
    return part.spec(name)


def posed(task: str, name: str) -> Any:
    """Pose and save a problem from params.yaml, or with default windows on the user's own data."""
    settings = reading.load()
    spec = _spec(settings, task, name)
    made = posing.pose(task, name, spec, features=settings.features, seed=settings.seed)
    posing.save(made)
    return made
