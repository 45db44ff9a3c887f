"""The source files behind each stage of the pipeline, read from what imports what.

DVC is told of one small file per kind of stage, data/sources/<stage>.json, in place of a list of modules
kept by hand: whatever a stage's code imports, directly or not, is in it by itself. Left out is cli.py, which
hands over words and decides nothing.
"""

from __future__ import annotations

import ast
import hashlib
import json
from pathlib import Path

import yaml

from crmlab import registry, store
from crmlab.errors import UsageError
from crmlab.notebook import PICTURE
from crmlab.tasks._events import ORACLE_MODULE

FITS = {"protocols": "acquisition"}
"""The task whose methods a notebook fits, where its own name is not a task's."""

RECORDS = "crmlab/tracking/"
"""What copies a finished comparison to MLflow decides nothing in it."""


def write() -> Path:
    """Write data/sources/<stage>.json for every kind of stage, all or none; return the folder.

    Each maps a file, relative to src/, to its SHA-256. Raises UsageError for a notebook that is no Python.
    """
    folder = store.sources_folder()
    with store.replacing_folder(folder) as part:
        for stage, files in behind().items():
            shas = {_shown(f): hashlib.sha256(f.read_bytes()).hexdigest() for f in files}
            store.write_json(part / f"{stage}.json", shas)
    return folder


def behind() -> dict[str, list[Path]]:
    """Return the source files by kind of stage.

    `fetch`, `tables`, `problem-<task>` and each notebook's name; and `dataset-<name>` for what a data set
    adds to those that work on it. Raises UsageError for a notebook that is no Python.
    """
    found = {stage: registry.source_files(f"crmlab.{stage}") for stage in ("fetch", "tables")}
    for name in registry.names("datasets"):
        files = registry.source_files(f"crmlab.datasets.{name}")
        pins = [f.with_name(f.stem.lstrip("_") + ".sha256") for f in files]
        found[f"dataset-{name}"] = files + sorted(pin for pin in pins if pin.is_file())
    for task in registry.names("tasks"):
        names = ["crmlab.posing", f"crmlab.tasks.{task}", *entries("features"), ORACLE_MODULE]
        found[f"problem-{task}"] = registry.source_files(*names)
    for path in notebooks():
        found[path.stem] = of_notebook(path)
    return found


def notebooks() -> list[Path]:
    """Return the notebooks that are stages of dvc.yaml; others in the folder are people's own."""
    project = store.project()
    stages = yaml.safe_load((project / "dvc.yaml").read_text(encoding="utf-8"))["stages"]
    return [path for name in stages if (path := project / "notebooks" / f"{name}.ipynb").is_file()]


def of_notebook(path: Path) -> list[Path]:
    """Return the source files behind a notebook: what its cells import and draw, and what runs them.

    Methods are found by name: a notebook that fits depends on all of its task's kinds. Raises UsageError
    where a cell is no Python.
    """
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    code = "\n".join("".join(c["source"]) for c in cells if c["cell_type"] == "code")
    names = ["crmlab.notebook", *imported(code, store.show(path)), *entries("metrics"), *entries("tasks")]
    names += [f"crmlab.plots.{picture}" for picture in PICTURE.findall(code)]
    task = FITS.get(path.stem, path.stem)
    if task in registry.names("tasks"):
        kinds = registry.module("tasks", task).KINDS
        names += ["crmlab.worker", *(f"crmlab.kinds.{kind}" for kind in kinds)]
        names += [method for method in entries("methods") if method.split(".")[2] in kinds]
    return [f for f in registry.source_files(*names) if not _shown(f).startswith(RECORDS)]


def imported(code: str, where: str) -> list[str]:
    """Return the dotted crmlab names that a notebook's code imports, `from crmlab.a import b` as both.

    Raises UsageError for code, of the notebook `where`, that is no Python.
    """
    try:
        nodes = list(ast.walk(ast.parse(code)))
    except SyntaxError as error:
        line = (error.text or "").strip()
        raise UsageError(
            f"{where}: '{line}' is no Python, so what the notebook imports cannot be read; a stage's "
            "notebook holds plain Python, without magic commands"
        ) from None
    found = [a.name for n in nodes if isinstance(n, ast.Import) for a in n.names]
    for node in (n for n in nodes if isinstance(n, ast.ImportFrom) and n.module):
        found += [node.module, *(f"{node.module}.{a.name}" for a in node.names)]
    return [name for name in found if name.split(".")[0] == "crmlab"]


def entries(folder: str) -> list[str]:
    """Return the dotted modules of a registry folder."""
    return [f"crmlab.{folder}.{name.replace('/', '.')}" for name in registry.names(folder)]


def _shown(path: Path) -> str:
    """Return a source file relative to src/, such as 'crmlab/score.py'."""
    return path.relative_to(registry.PACKAGE.parent).as_posix()
