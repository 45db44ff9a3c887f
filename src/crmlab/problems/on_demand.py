"""Problems on demand: posed from params.yaml, or by default windows on a user's own data."""

from __future__ import annotations

import re
from typing import Any, Final

from crmlab import params as reading
from crmlab import store
from crmlab.data.own_names import NAME
from crmlab.params import local
from crmlab.params.protocols import protocol
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


def is_own(task: str, name: str) -> bool:
    """Tell whether a problem is of a user's own data, which params.yaml does not pose."""
    return _is_own(reading.load(), task, name)


def _is_own(settings: Any, task: str, name: str) -> bool:
    """Tell whether a name is of own data that lie ready."""
    new = re.fullmatch(NAME, name) and name not in settings.task(task).problems
    return bool(new) and store.fingerprint_file(name).is_file()


def _spec(settings: Any, task: str, name: str) -> Any:
    """Return how a problem is posed: from params.yaml, or by default windows on the user's own data."""
    part = settings.task(task)
    if _is_own(settings, task, name):
        return own_spec(name, task)
    return part.spec(name)


def own_spec(dataset: str, task: str) -> dict[str, Any]:
    """Return how a question is posed of own data: chosen by the file, else as params.local.yaml says.

    Raises UsageError for a setting that the protocol does not have, or a file that cannot be read.
    """
    said = local.settings(dataset, task)
    chosen = auto_spec(dataset, task, asked_horizon=said.get("horizon_days"))
    known = protocol(said.get("protocol", chosen["protocol"]))
    local.check(dataset, task, said, known)
    kept = {k: v for k, v in chosen.items() if k in (*known.settings, "dataset", *SPEC)}
    return kept | said


SPEC: Final = ("protocol", "features", "people", "events", "groups", "consents")
"""What a chosen spec holds beside the settings of its protocol."""


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
