"""Problems on demand: posed from params.yaml, or by default windows on a user's own data."""

from __future__ import annotations

import re
from typing import Any

from crmlab import params as reading
from crmlab import store
from crmlab.data.own_names import NAME
from crmlab.problems.default_windows import auto_spec
from crmlab.problems.files import save
from crmlab.problems.keys import problem_key
from crmlab.problems.pose import pose


def is_posed(task: str, name: str) -> bool:
    """Tell whether a problem lies ready and is what params.yaml, the sources and the tables make today."""
    settings = reading.load()
    spec = _spec(settings, task, name)  # first, as it refuses a name that is none
    facts = store.facts_file(task, name)
    if not facts.is_file() or not (store.problem_folder(task, name) / "rows.parquet").is_file():
        return False
    key = problem_key(task, name, spec, seed=settings.seed)
    made_by = f"crmlab problem {task} {name}"
    return key == store.read_json(facts, made_by=made_by, holding=["problem_key"])["problem_key"]


def _spec(settings: Any, task: str, name: str) -> Any:
    """Return how a problem is posed: from params.yaml, or by default windows on the user's own data."""
    part = settings.task(task)
    own = re.fullmatch(NAME, name) and name not in part.problems
    if own and store.fingerprint_file(name).is_file():
        return auto_spec(name, task)
    return part.spec(name)


def posed(task: str, name: str) -> Any:
    """Pose and save a problem from params.yaml, or with default windows on the user's own data."""
    settings = reading.load()
    spec = _spec(settings, task, name)
    made = pose(task, name, spec, seed=settings.seed)
    save(made)
    return made


def make_ready(task: str, name: str) -> None:
    """Pose a problem where it does not lie ready as the sources and tables make it today."""
    if not is_posed(task, name):
        posed(task, name)
