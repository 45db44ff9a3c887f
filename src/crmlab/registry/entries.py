"""Entries found by path: listing reads file names and never imports."""

from __future__ import annotations

import functools
import glob
import importlib
import os
import traceback
from pathlib import Path
from types import ModuleType
from typing import Any, Final

from crmlab.errors import CrmlabError, UsageError, did_you_mean

PACKAGE: Final = Path(__file__).parent.parent
FOLDERS: Final = (
    *("methods", "metrics", "datasets", "features", "tasks", "kinds"),
    *("findings", "actions", "plots", "canonical"),
)

DECLARED: Final = {
    "methods": ("crmlab.declare.method", "Method"),
    "metrics": ("crmlab.declare.metric", "Metric"),
    "datasets": ("crmlab.declare.dataset", "Dataset"),
    "features": ("crmlab.declare.feature", "Feature"),
    "tasks": ("crmlab.declare.task", "Task"),
    "canonical": ("crmlab.declare.table", "Table"),
    "actions": ("crmlab.declare.action", "Action"),
}
"""What a file of a folder declares exactly one of: its species, by module and name."""


def names(folder: str) -> list[str]:
    """Return the entries of a folder, sorted: 'auc', or 'classification/logit' for methods.

    Nothing is imported. Files that start with an underscore are not entries.
    """
    # asked for often, and pathlib's own takes ten times as long
    files = glob.glob("**/*.py", root_dir=PACKAGE / folder, recursive=True)  # noqa: PTH207
    found = (f.removesuffix(".py").replace(os.sep, "/") for f in files)
    return sorted(n for n in found if not any(part.startswith("_") for part in n.split("/")))


def module(folder: str, name: str) -> ModuleType:
    """Import and return the module of an entry.

    Raises UsageError for an unknown name ('did you mean'), a missing optional library, and a file that
    is not Python or fails when it is imported, with its line.
    """
    if name not in names(folder):
        raise UsageError(f"no {folder.rstrip('s')} is called '{name}'." + did_you_mean(name, names(folder)))
    try:
        return importlib.import_module(f"crmlab.{folder}.{name.replace('/', '.')}")
    except CrmlabError:
        raise  # such as a declaration that does not hold
    except Exception as error:
        if isinstance(error, ModuleNotFoundError) and not (error.name or "crmlab").startswith("crmlab"):
            said = f"{folder}/{name} needs the library '{error.name}', which is not installed"
            raise UsageError(said) from None
        file = PACKAGE / folder / f"{name}.py"
        raise UsageError(f"{_where(error, file)}: {_said(error)}. Mend the file, and start again") from error


def not_python(file: Path, error: SyntaxError) -> UsageError:
    """Return the error of a file of the package that is not Python, with its line."""
    return UsageError(f"{_where(error, file)}: {_said(error)}. Mend the file, and start again")


def _where(error: BaseException, file: Path) -> str:
    """Return file and line of an error at an import: the last line of the package that it came through."""
    found = (str(file), None)
    for frame in traceback.extract_tb(error.__traceback__):
        if Path(frame.filename).is_relative_to(PACKAGE) and frame.filename != __file__:
            found = (frame.filename, frame.lineno)
    if isinstance(error, SyntaxError) and error.lineno:
        found = (error.filename if error.filename not in (None, "<unknown>") else str(file), error.lineno)
    path, line = Path(found[0]), found[1]
    shown = path.relative_to(PACKAGE.parent.parent) if path.is_relative_to(PACKAGE.parent.parent) else path
    return f"{shown.as_posix()}, line {line}" if line else shown.as_posix()


def _said(error: BaseException) -> str:
    """Return what an error says in one line, with its kind."""
    words = error.msg if isinstance(error, SyntaxError) else str(error)
    return " ".join(f"{type(error).__name__}: {words}".split()).removesuffix(".")


@functools.cache
def find(folder: str, name: str) -> Any:
    """Return what an entry's file declares: its Method, Metric or Dataset (or the module itself).

    Raises UsageError where the file declares none or more than one.
    """
    entry = module(folder, name)
    if folder not in DECLARED:
        return entry
    species, called = DECLARED[folder]
    wanted = getattr(importlib.import_module(species), called)
    found = [v for k, v in vars(entry).items() if isinstance(v, wanted) and not k.startswith("_")]
    if len(found) != 1:
        where = f"src/crmlab/{folder}/{name}.py"
        raise UsageError(f"{where} declares {len(found)} {folder}; a file declares exactly one")
    return found[0]
