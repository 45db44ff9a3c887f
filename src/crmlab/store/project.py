"""The project: a folder with `params.yaml`, and what lies in it for everybody.

Files of the pipeline (data, experiments) are found from the project; the run store, the tracking address
and the mirror from the DVC root, because the experiment queue runs in temporary copies of the project.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from crmlab.errors import UsageError

PARAMS: Final = "params.yaml"
POLICIES: Final = "policies.yaml"

LONGEST: Final = 100
"""How many bytes a name of a task, problem or data set may have."""


def project() -> Path:
    """Return the project's root: the nearest folder at or above the current one with params.yaml.

    Raises UsageError when there is none.
    """
    here = Path.cwd().resolve()
    for folder in (here, *here.parents):
        if (folder / PARAMS).is_file():
            return folder
    raise UsageError(f"no {PARAMS} in {here} or above it: run crmlab inside a crmlab project")


def home() -> Path:
    """Return the root that outlives experiment copies: DVC's main repository, else the project."""
    return Path(os.environ.get("DVC_ROOT") or project())


def confined(name: str) -> str:
    """Return a name that becomes a folder's or file's own, and nothing but one.

    Raises UsageError for one that would lead elsewhere ('..', a separator) or that no disk takes.
    """
    bad = not name.isprintable() or name.startswith(".") or {"/", "\\"} & set(name)
    if not name or bad or len(name.encode(errors="replace")) > LONGEST:
        raise UsageError(
            f"'{name}' is no name: one has letters, digits, underscores and hyphens, no path, "
            f"and at most {LONGEST} letters"
        )
    return name


def policies_file() -> Path:
    """What the shop does for a segment, by its place: written by people, need not be there."""
    return project() / POLICIES


def scratch_folder() -> Path:
    """Where interactive runs write, so that they never overwrite the pipeline's files."""
    return project() / "experiments" / "scratch"


def tracking_uri() -> str:
    """Return MLflow's address: MLFLOW_TRACKING_URI, else the project's own SQLite file."""
    return os.environ.get("MLFLOW_TRACKING_URI") or f"sqlite:///{home() / 'mlflow.db'}"


def mirror() -> Path | None:
    """Return the folder named by CRMLAB_MIRROR (relative to the project's home), or None."""
    named = os.environ.get("CRMLAB_MIRROR")
    return (home() / named).resolve() if named else None


def show(path: Path) -> str:
    """Return a path as a reader wants it: relative to the project where that is possible."""
    try:
        return str(path.resolve().relative_to(project()))
    except (ValueError, UsageError):
        return str(path)


@contextlib.contextmanager
def locked(name: str) -> Iterator[None]:
    """Hold the project's lock `name`; a second process waits. The system frees it at any death."""
    import fcntl

    folder = home() / "experiments" / "locks"
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / f"{name.replace('/', '.')}.lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
