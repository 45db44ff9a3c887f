"""The source files behind each stage of the pipeline, read from what imports what.

DVC is told of one small file per kind of stage, data/sources/<stage>.json, in place of a list of modules
kept by hand: whatever a stage's code imports, directly or not, is in it by itself.
"""

from __future__ import annotations

import ast
import hashlib
import json
from pathlib import Path

from crmlab import registry, store
from crmlab.notebook import PICTURE
from crmlab.tasks._events import ORACLE_MODULE

FITS = {"protocols": "acquisition"}
"""The task whose methods a notebook fits, where its own name is not a task's."""

RECORDS = "crmlab/tracking/"
"""What copies a finished comparison to MLflow decides nothing in it."""


def write() -> Path:
    """Write data/sources/<stage>.json for every kind of stage, all or none; return the folder.

    Each maps a file, relative to src/, to its SHA-256.
    """
    folder = store.sources_folder()
    with store.replacing_folder(folder) as part:
        for stage, files in behind().items():
            shas = {_shown(f): hashlib.sha256(f.read_bytes()).hexdigest() for f in files}
            store.write_json(part / f"{stage}.json", shas)
    return folder


def behind() -> dict[str, list[Path]]:
    """Return the source files by kind of stage: `tables`, `problem-<task>`, and each notebook's name."""
    found = {"tables": registry.source_files("crmlab.tables", *entries("datasets"))}
    for task in registry.names("tasks"):
        names = ["crmlab.problem", f"crmlab.tasks.{task}", *entries("features"), ORACLE_MODULE]
        found[f"problem-{task}"] = registry.source_files(*names)
    for path in sorted((store.project() / "notebooks").glob("*.ipynb")):
        found[path.stem] = of_notebook(path)
    return found


def of_notebook(path: Path) -> list[Path]:
    """Return the source files behind a notebook: what its cells import and draw, and what runs them.

    Methods are found by name: a notebook that fits depends on all of its task's kinds.
    """
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    code = "\n".join("".join(c["source"]) for c in cells if c["cell_type"] == "code")
    names = ["crmlab.notebook", *imported(code), *entries("metrics"), *entries("tasks")]
    names += [f"crmlab.plots.{picture}" for picture in PICTURE.findall(code)]
    task = FITS.get(path.stem, path.stem)
    if task in registry.names("tasks"):
        kinds = registry.module("tasks", task).KINDS
        names += ["crmlab.worker", *(f"crmlab.kinds.{kind}" for kind in kinds)]
        names += [method for method in entries("methods") if method.split(".")[2] in kinds]
    return [f for f in registry.source_files(*names) if not _shown(f).startswith(RECORDS)]


def imported(code: str) -> list[str]:
    """Return the dotted crmlab names that a notebook's code imports, `from crmlab.a import b` as both."""
    found = [n for n in ast.walk(ast.parse(code)) if isinstance(n, ast.ImportFrom)]
    ours = [n for n in found if (n.module or "").split(".")[0] == "crmlab"]
    return [name for n in ours for name in (n.module, *(f"{n.module}.{a.name}" for a in n.names))]


def entries(folder: str) -> list[str]:
    """Return the dotted modules of a registry folder."""
    return [f"crmlab.{folder}.{name.replace('/', '.')}" for name in registry.names(folder)]


def _shown(path: Path) -> str:
    """Return a source file relative to src/, such as 'crmlab/score.py'."""
    return path.relative_to(registry.PACKAGE.parent).as_posix()
