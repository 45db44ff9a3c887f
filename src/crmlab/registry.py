"""The folder is the registry: methods, metrics, data sets, features and tasks found by path.

`methods/classification/logit.py` *is* the method `classification/logit`. Listing reads file
names and never imports; a file is imported when it is used, so a missing optional library hides
one entry and says so. No list in code names an entry.
"""

from __future__ import annotations

import ast
import functools
import glob
import hashlib
import importlib
import inspect
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType, ModuleType
from typing import Any

from crmlab.errors import UsageError, did_you_mean

PACKAGE = Path(__file__).parent
INNER = "inner"
FOLDERS = ("methods", "metrics", "datasets", "features", "tasks", "kinds", "plots")


# --- what a file declares ---------------------------------------------------------------------
@dataclass(frozen=True)
class Method:
    """One way to answer, as declared by `@method`. Calling it returns a fresh, unfitted model."""

    factory: Callable[..., Any]
    label: str
    cite: str
    control: str | None = None

    def __call__(self, **parameters: Any) -> Any:
        """Return a fresh, unfitted model; a seed is dropped where the method is not random."""
        if "seed" not in inspect.signature(self.factory).parameters:
            parameters.pop("seed", None)
        return self.factory(**parameters)


def method(*, label: str, cite: str = "", control: str | None = None) -> Callable[..., Method]:
    """Declare the decorated factory as a method. The signature is the schema of its parameters.

    label: what readers see. cite: author and year. control: 'chance' or 'status_quo' for the
    methods that mark the ends of a scale.
    """
    return lambda factory: Method(factory, label, cite, control)


@dataclass(frozen=True)
class Metric:
    """One measure, as declared by `@metric`.

    Calling it with (solution, answers, rows, weights, **economics) returns an array (B,): the
    value under each of the B weightings of the n test rows; nan where it is not defined.
    """

    function: Callable[..., Any]
    label: str
    range: tuple[float, float]
    best: float
    chance: float | Callable[..., float] | None
    unit: str
    cite: str
    needs: tuple[str, ...]
    spread: Callable[..., float] | None

    @property
    def higher_is_better(self) -> bool:
        """Whether the best end is the upper one."""
        return self.best == self.range[1]

    def __call__(self, solution: Any, answers: Any, rows: Any, weights: Any, **economics: Any) -> Any:
        """Return the metric's value under each weighting, an array (B,)."""
        return self.function(solution, answers, rows, weights, **economics)


def metric(
    *,
    label: str,
    range: tuple[float, float],
    best: float,
    chance: float | Callable[..., float] | None,
    unit: str = "",
    cite: str = "",
    needs: tuple[str, ...] = ("score",),
    spread: Callable[..., float] | None = None,
) -> Callable[..., Metric]:
    """Declare the decorated pure function as a metric.

    range: (lowest, highest) value. best: the end that the solution fed back reaches. chance: the
    value of an uninformative answer, or a function of the solution and the prices. unit: '' for a
    pure number. needs: the answer columns that it reads; a method without them has no value, and
    says so. spread: a function of (solution, answers, rows) for a metric of random parts of the answer
    (such as refits): the variance that they, and not the customers, put into the value.
    """
    return lambda function: Metric(function, label, range, best, chance, unit, cite, needs, spread)


@dataclass(frozen=True)
class Source:
    """One published file and its pin.

    name: the file's name in data/raw/<dataset>/ and in a mirror. sha256: of that file. url: the
    public address. member: the path inside the archive at `url`, where the file is published
    packed. size: bytes, for the progress line. dataset: whose mirror folder holds the file, where
    it is another data set's.
    """

    name: str
    sha256: str
    url: str
    member: str | None = None
    size: int | None = None
    dataset: str | None = None


@dataclass(frozen=True)
class Dataset:
    """One published or simulated source. The file's functions named as tables are its adapters."""

    label: str
    cite: str
    licence: str
    homepage: str
    sources: tuple[Source, ...] = ()
    currency: str = ""
    span: tuple[str, str] | None = None
    """First and last day on which an event can lie, inclusive (ISO dates)."""
    barred: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    """Columns that may never be features, each with the reason."""
    card: str = ""


# --- finding ----------------------------------------------------------------------------------
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

    Raises UsageError for an unknown name ('did you mean') or a missing optional library.
    """
    if name not in names(folder):
        raise UsageError(f"no {folder.rstrip('s')} is called '{name}'." + did_you_mean(name, names(folder)))
    try:
        return importlib.import_module(f"crmlab.{folder}.{name.replace('/', '.')}")
    except ModuleNotFoundError as error:
        if (error.name or "").startswith("crmlab"):
            raise
        raise UsageError(
            f"{folder}/{name} needs the library '{error.name}', which is not installed"
        ) from None


@functools.cache
def find(folder: str, name: str) -> Any:
    """Return what an entry's file declares: its Method, Metric or Dataset (or the module itself).

    Raises UsageError where the file declares none or more than one.
    """
    entry = module(folder, name)
    wanted = {"methods": Method, "metrics": Metric, "datasets": Dataset}.get(folder)
    if wanted is None:
        return entry
    found = [v for k, v in vars(entry).items() if isinstance(v, wanted) and not k.startswith("_")]
    if len(found) != 1:
        where = f"src/crmlab/{folder}/{name}.py"
        raise UsageError(f"{where} declares {len(found)} {folder}; a file declares exactly one")
    return found[0]


REQUIRED = inspect.Parameter.empty
"""Stands for the default of a parameter that has none."""


def defaults(name: str) -> dict[str, Any]:
    """Return a method's tunable parameters with their defaults, read from the file's text.

    Nothing is imported, so params.yaml is checked in milliseconds. The seed is not tunable.
    Raises UsageError for an unknown method.
    """
    arguments = _declaration("methods", name, "method").args
    plain, keyword = arguments.args, arguments.kwonlyargs
    values = [None] * (len(plain) - len(arguments.defaults)) + list(arguments.defaults)
    pairs = [*zip(plain, values, strict=True), *zip(keyword, arguments.kw_defaults, strict=True)]
    return {a.arg: REQUIRED if v is None else ast.literal_eval(v) for a, v in pairs if a.arg != "seed"}


def prices(name: str) -> tuple[str, ...]:
    """Return the prices that a metric asks for (its keyword-only parameters), from the file's text.

    `inner` is no price: it is the inner hold-out of the train rows (see crmlab.harness).
    """
    return tuple(a for a in _keywords(name) if a != INNER)


def wants_inner(name: str) -> bool:
    """Tell whether a metric asks for the inner hold-out, from the file's text."""
    return INNER in _keywords(name)


def _keywords(name: str) -> list[str]:
    """Return the keyword-only parameters of a metric."""
    return [a.arg for a in _declaration("metrics", name, "metric").args.kwonlyargs]


def _declaration(folder: str, name: str, decorator: str) -> ast.FunctionDef:
    """Return the function under `@decorator(...)` in an entry's file, as a syntax tree."""
    if name not in names(folder):
        raise UsageError(f"no {decorator} is called '{name}'." + did_you_mean(name, names(folder)))
    path = PACKAGE / folder / f"{name}.py"
    for node in _tree(path, path.stat().st_mtime_ns).body:
        if isinstance(node, ast.FunctionDef):
            marks = {getattr(getattr(d, "func", None), "id", None) for d in node.decorator_list}
            if decorator in marks:
                return node
    raise UsageError(f"src/crmlab/{folder}/{name}.py declares no @{decorator}")


def method_parameters(name: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return a method's defaults overlaid with `given`.

    Raises UsageError for a parameter that the method does not have, or of the wrong type.
    """
    known = defaults(name)
    for key, value in given.items():
        if key not in known:
            raise UsageError(f"method '{name}' has no parameter '{key}'." + did_you_mean(key, known))
        if not _fits(value, known[key]):
            wanted = type(known[key]).__name__
            raise UsageError(f"method '{name}': {key} = {value!r} is {type(value).__name__}, not {wanted}")
    parameters = known | dict(given)
    missing = [k for k, v in parameters.items() if v is REQUIRED]
    if missing:
        raise UsageError(f"method '{name}' needs a value for {', '.join(missing)} in params.yaml")
    return {
        k: float(v) if isinstance(known[k], float) and v is not None else v for k, v in parameters.items()
    }


def _fits(value: Any, default: Any) -> bool:
    """Tell whether a value from YAML may stand where `default` stands."""
    if default is None or value is None or default is REQUIRED:
        return True
    if isinstance(default, bool) or isinstance(value, bool):
        return isinstance(default, bool) and isinstance(value, bool)
    if isinstance(default, float):
        return isinstance(value, int | float)
    if isinstance(default, list | tuple):
        return isinstance(value, list | tuple)
    return isinstance(value, type(default))


# --- the source behind an entry ---------------------------------------------------------------
def source_files(*names: str) -> list[Path]:
    """Return the files of the given crmlab modules and of all crmlab modules they import.

    Imports are read from the text (also those inside functions), transitively; nothing is run.
    names: dotted, such as 'crmlab.methods.classification.logit'.
    """
    seen: dict[str, Path] = {}
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        path = _path_of(name)
        if name in seen or path is None:
            continue
        seen[name] = path
        waiting.extend(_imports(path))
    return sorted(set(seen.values()))


def source_digest(*names: str, transitive: bool = True) -> str:
    """Return the SHA-256 over the source files behind the given modules (see source_files).

    transitive: also over what they import; else over the modules' own files alone.
    """
    files = source_files(*names) if transitive else [p for p in map(_path_of, sorted(names)) if p]
    total = hashlib.sha256()
    for path in files:
        total.update(path.relative_to(PACKAGE).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return total.hexdigest()


def _path_of(name: str) -> Path | None:
    """Return the file of a dotted crmlab module, or None where the name is not one."""
    if name == "crmlab":
        return None
    stem = PACKAGE.joinpath(*name.split(".")[1:])
    for path in (stem.with_suffix(".py"), stem / "__init__.py"):
        if path.is_file():
            return path
    return None


@functools.lru_cache(maxsize=512)
def _tree(path: Path, changed: int) -> ast.Module:
    """Return a file as a syntax tree, parsed once until its time of change is another."""
    return ast.parse(path.read_text(encoding="utf-8"))


@functools.cache
def _imports(path: Path) -> tuple[str, ...]:
    """Return the dotted crmlab names that a file imports, `from crmlab.a import b` as both."""
    found: list[str] = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found += [a.name for a in node.names if a.name.startswith("crmlab.")]
        elif (
            isinstance(node, ast.ImportFrom) and node.level == 0 and (node.module or "").startswith("crmlab")
        ):
            found.append(node.module)
            found += [f"{node.module}.{a.name}" for a in node.names]
    return tuple(found)
