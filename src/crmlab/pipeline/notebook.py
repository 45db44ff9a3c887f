"""Notebooks through papermill, strictly: names and types checked, every cell run, output normalised.

papermill alone exits 0 for an unknown parameter, a wrong type, a missing parameters cell and a
`sys.exit(0)` half way; each is an error here.
"""

from __future__ import annotations

import ast
import base64
import contextlib
import copy
import os
import re
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from crmlab import store
from crmlab.comparison.threads import ONE_THREAD
from crmlab.errors import CrmlabError, DataError, UsageError, did_you_mean
from crmlab.pipeline.normalise import COLOURED, normalised

FINDING = re.compile(r'story\.(?:found|say|show)\("([\w/]+)"')
"""How a notebook's cell names a finding that it does not import."""

PICTURE = re.compile(r'story\.picture\("(\w+)"')
"""How a notebook's cell names the picture that it shows."""


def source(name: str) -> Path:
    """Return the notebook called `name`. Raises UsageError for an unknown name."""
    folder = store.project() / "notebooks"
    known = [p.stem for p in folder.glob("*.ipynb")]
    if name not in known:
        raise UsageError(f"no notebook is called '{name}'.{did_you_mean(name, known)}")
    return folder / f"{name}.ipynb"


def execute(name: str, parameters: Mapping[str, Any], target: Path) -> Path:
    """Execute a notebook with parameters; leave the executed, normalised copy at `target`.

    A failing cell leaves the partial notebook under experiments/failed/ and raises CrmlabError
    with the traceback's end. The source is stripped of outputs first, so that a notebook saved
    with outputs does not look like another one.
    """
    path = source(name)
    strip(path)
    notebook = _read(path)
    check_parameters(notebook, parameters, where=store.show(path))
    with tempfile.TemporaryDirectory(prefix="crmlab-") as folder:
        draft = Path(folder) / path.name
        error = _papermill(path, draft, parameters, Path(folder) / "progress")
        executed = _read(draft) if draft.exists() else None
        if error or (gap := _not_run(executed)):
            kept = store.failed_notebook(name, target.stem)
            if executed is not None:
                _write(kept, executed)
            what = error or gap
            raise CrmlabError(
                f"{store.show(path)} failed; the partial notebook is {store.show(kept)}\n{what}"
            )
        _write(target, normalised(executed))
    return target


def parameters(name: str) -> dict[str, Any]:
    """Return a notebook's parameters with their defaults. Raises UsageError as check_parameters does."""
    path = source(name)
    return _declared(_read(path), store.show(path))


def check_parameters(notebook: Any, given: Mapping[str, Any], *, where: str) -> None:
    """Check names and types of parameters against the notebook's parameters cell.

    Raises UsageError for an unknown name ('did you mean'), a wrong type, a cell that is not one
    plain assignment per line, or anything but exactly one cell tagged `parameters`.
    """
    known = _declared(notebook, where)
    for name, value in given.items():
        if name not in known:
            raise UsageError(f"{where} has no parameter '{name}'.{did_you_mean(name, known)}")
        if type(value) is not type(known[name]):
            wanted, got = type(known[name]).__name__, type(value).__name__
            raise UsageError(f"{where}: {name} = {value!r} is {got}, not {wanted}")


def _declared(notebook: Any, where: str) -> dict[str, Any]:
    """Return what the parameters cell assigns."""
    cells = [c for c in notebook.cells if "parameters" in c.metadata.get("tags", [])]
    if len(cells) != 1:
        raise UsageError(f"{where} has {len(cells)} cells tagged 'parameters'; it needs exactly one")
    known = {}
    try:
        statements = ast.parse(cells[0].source).body
    except SyntaxError as error:
        raise UsageError(f"{where}: line {error.lineno} of the parameters cell is not Python") from None
    for statement in statements:
        if not isinstance(statement, ast.Assign) or len(statement.targets) != 1:
            raise UsageError(
                f"{where}: line {statement.lineno} of the parameters cell is no plain assignment"
            )
        try:
            known[statement.targets[0].id] = ast.literal_eval(statement.value)
        except (ValueError, AttributeError):
            line = statement.lineno
            raise UsageError(f"{where}: line {line} of the parameters cell is no plain value") from None
    return known


def parse_parameters(name: str, given: list[str]) -> dict[str, Any]:
    """Return NAME=VALUE pairs as values (Python literals, else text)."""
    parsed = {}
    for pair in given:
        key, mark, text = pair.partition("=")
        if not mark:
            raise UsageError(f"'{pair}' is not NAME=VALUE (a parameter of the notebook '{name}')")
        try:
            parsed[key] = ast.literal_eval(text)
        except (ValueError, SyntaxError):
            parsed[key] = text
    return parsed


def pictures(path: Path) -> dict[str, bytes]:
    """Return the pictures of an executed notebook as PNG, by the names of its `story.picture` cells."""
    found = {}
    for cell in _read(path).cells:
        named = PICTURE.search(cell.source) if cell.cell_type == "code" else None
        for output in cell.outputs if named else []:
            if "image/png" in output.get("data", {}):
                found[named[1]] = base64.b64decode(output["data"]["image/png"])
    return found


def strip(path: Path) -> bool:
    """Remove from a notebook's source file what running it left; return whether there was any.

    That is: outputs, counts, times and the version of Python.
    """
    notebook = _read(path)
    before = copy.deepcopy(notebook)
    notebook.metadata.pop("language_info", None)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
        for key in ("execution", "papermill"):
            cell.metadata.pop(key, None)
    if notebook == before:
        return False
    _write(path, notebook)
    return True


def _papermill(path: Path, draft: Path, parameters: Mapping[str, Any], line: Path) -> str:
    """Run papermill; return '' or the end of the traceback. Shows the run's one progress line."""
    _without_grammars()
    import papermill
    from nbclient.exceptions import DeadKernelError
    from papermill.exceptions import PapermillExecutionError

    ended = threading.Event()
    watcher = threading.Thread(target=_show_progress, args=(line, ended), daemon=True)
    watcher.start()
    try:
        # on tables of this size more threads wait for each other, for up to half of the CPU seconds
        with _environment(ONE_THREAD | {"CRMLAB_PROGRESS": str(line)}):
            papermill.execute_notebook(
                path,
                draft,
                dict(parameters),
                kernel_name="python3",
                language="python",
                progress_bar=False,
                cwd=store.project(),
                # the kernel warns of its loopback connection, which JupyterLab uses too, and when it is
                # interrupted it shows a traceback of its own; errors of cells come by another way
                extra_arguments=["--IPKernelApp.log_level=CRITICAL"],
            )
    except PapermillExecutionError as error:
        return "\n".join(COLOURED.sub("", str(error)).strip().splitlines()[-30:])
    except DeadKernelError:
        return "the kernel died: out of memory, or killed"
    finally:
        ended.set()
        watcher.join()
    return ""


@contextlib.contextmanager
def _environment(values: Mapping[str, str]) -> Iterator[None]:
    """Set environment variables, which the kernel inherits, for a while."""
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def _without_grammars() -> None:
    """Keep jsonschema, which nbformat imports, from building grammars of web addresses for a second.

    It takes a format whose package cannot be imported as unchecked, and a notebook has none of those.
    """
    sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]


def _show_progress(line: Path, ended: threading.Event) -> None:
    """Show the progress line that the kernel writes, on the terminal, until the end."""
    shown, last = "", time.monotonic()
    interactive = sys.stderr.isatty()
    while not ended.wait(0.5):
        text = line.read_text(encoding="utf-8") if line.exists() else ""
        due = interactive or time.monotonic() - last > 30
        if text and text != shown and due:
            sys.stderr.write(f"\r\x1b[K{text}" if interactive else f"{text}\n")
            sys.stderr.flush()
            shown, last = text, time.monotonic()
    if shown and interactive:
        sys.stderr.write("\r\x1b[K")


def _not_run(notebook: Any) -> str:
    """Return why an executed notebook is not whole, or ''."""
    if notebook is None:
        return "papermill left no notebook"
    code = [c for c in notebook.cells if c.cell_type == "code" and c.source.strip()]
    missed = [n for n, c in enumerate(code, 1) if c.execution_count is None]
    if missed:
        return f"{len(missed)} of {len(code)} code cells did not run, the first is code cell {missed[0]}"
    ended = [(n, o.ename) for n, c in enumerate(code, 1) for o in c.outputs if o.output_type == "error"]
    return f"code cell {ended[0][0]} ended with {ended[0][1]}" if ended else ""


def _read(path: Path) -> Any:
    """Read a notebook file. Raises DataError where it is not one."""
    _without_grammars()
    import nbformat

    try:
        return nbformat.read(path, as_version=4)
    except (nbformat.reader.NotJSONError, nbformat.ValidationError) as error:
        raise DataError(f"{store.show(path)} is not a notebook: {error}") from None


def _write(path: Path, notebook: Any) -> None:
    """Write a notebook file by rename."""
    import nbformat

    with store.replacing(path) as part:
        nbformat.write(notebook, part)
