"""The source files behind each stage of the pipeline, read from what imports what.

DVC is told of one small file per kind of stage, data/sources/<stage>.json, in place of a list of modules
kept by hand: whatever a stage's code imports, directly or not, is in it by itself. Left out is the command
line, which hands over words and decides nothing.
"""

from __future__ import annotations

import ast
import hashlib
import json
from pathlib import Path

from crmlab import actions, params, registry, store
from crmlab.errors import UsageError
from crmlab.pipeline.notebook import FINDING, PICTURE, source
from crmlab.problems.reads import ORACLE

ACROSS = "across"
"""The notebook on all committed scores, which is about no one problem or data set."""

READ_BY = {"store.policies_file()": store.policies_file}
"""Files that people write beside params.yaml, by the call with which code opens them."""

RECORDS = "crmlab/tracking/"
"""What copies a finished comparison to MLflow decides nothing in it."""


def write() -> Path:
    """Write data/sources/<stage>.json for every kind of stage, all or none; return the folder.

    Each maps a file, relative to src/ (or to the project, for a file of people), to its SHA-256. Raises
    UsageError for a notebook that is not Python.
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
    adds to those that work on it. Raises UsageError for a notebook that is missing or not Python.
    """
    found = {
        "fetch": registry.source_files("crmlab.data.fetch"),
        "tables": registry.source_files("crmlab.data.tables", *entries("canonical")),
    }
    for name in registry.names("datasets"):
        files = registry.source_files(f"crmlab.datasets.{name}")
        pins = [f.with_name(f.stem.lstrip("_") + ".sha256") for f in files]
        found[f"dataset-{name}"] = files + sorted(pin for pin in pins if pin.is_file())
    for task in registry.names("tasks"):
        names = ["crmlab.problems.on_demand", f"crmlab.tasks.{task}", ORACLE]
        names += [*entries("features"), *entries("canonical")]
        found[f"problem-{task}"] = registry.source_files(*names)
    return found | {name: of_notebook(source(name), fits) for name, fits in notebooks().items()}


def notebooks() -> dict[str, str | None]:
    """Return the notebooks that are stages, each with the task whose methods it fits, or None.

    params.yaml says which they are: one per task with problems, and those of pages and pairs. Others in
    the folder are people's own.
    """
    settings = params.load()
    tasks = {name: name for name, task in settings.tasks.items() if task.problems}
    pages = dict.fromkeys(page["notebook"] for page in settings.pages.values())
    pairs = {pair["notebook"]: pair["task"] for pair in settings.beside.values()}
    return {ACROSS: None} | pages | pairs | tasks


def of_notebook(path: Path, fits: str | None = None) -> list[Path]:
    """Return the files behind a notebook: what its cells import, draw and read, and what runs them.

    fits: the task whose methods it fits: they are found by name, so it depends on all of the task's kinds.
    Raises UsageError where a cell is not Python.
    """
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    code = "\n".join("".join(c["source"]) for c in cells if c["cell_type"] == "code")
    names = [
        "crmlab.pipeline.notebook",
        *imported(code, store.show(path)),
        *entries("metrics"),
        *entries("tasks"),
    ]
    names += [f"crmlab.plots.{picture}" for picture in PICTURE.findall(code)]
    names += [f"crmlab.findings.{finding.replace('/', '.')}" for finding in FINDING.findall(code)]
    if fits:
        names += [f"crmlab.actions.{action}" for action in actions.of_task(fits)]
        kinds = registry.find("tasks", fits).kinds
        names += ["crmlab.comparison.worker", *(f"crmlab.kinds.{kind}" for kind in kinds)]
        names += [method for method in entries("methods") if method.split(".")[2] in kinds]
    files = [f for f in registry.source_files(*names) if not _shown(f).startswith(RECORDS)]
    return files + _read_beside(files)


def _read_beside(files: list[Path]) -> list[Path]:
    """Return the files of people, beside params.yaml, that source files open."""
    code = "\n".join(f.read_text(encoding="utf-8") for f in files)
    return [place() for call, place in READ_BY.items() if call in code and place().is_file()]


def imported(code: str, where: str) -> list[str]:
    """Return the dotted crmlab names that a notebook's code imports, `from crmlab.a import b` as both.

    Raises UsageError for code, of the notebook `where`, that is not Python.
    """
    try:
        nodes = list(ast.walk(ast.parse(code)))
    except SyntaxError as error:
        line = (error.text or "").strip()
        raise UsageError(
            f"{where}: '{line}' is not Python, so what the notebook imports cannot be read; a stage's "
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
    """Return a source file relative to src/, such as 'crmlab/seeds.py'; another relative to the project."""
    source_root = registry.PACKAGE.parent
    return path.relative_to(source_root).as_posix() if path.is_relative_to(source_root) else store.show(path)
