"""What an entry's signature says, read from the file's text: nothing is imported."""

from __future__ import annotations

import ast
import functools
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from crmlab.declare.parameters import checked, schema
from crmlab.errors import UsageError, did_you_mean
from crmlab.registry.entries import PACKAGE, names, not_python


def defaults(name: str) -> dict[str, Any]:
    """Return a method's tunable parameters with their defaults, read from the file's text.

    Nothing is imported, so params.yaml is checked in milliseconds. The seed is not tunable.
    Raises UsageError for an unknown method.
    """
    parameters = schema(declaration("methods", name, "method"))
    return {key: parameter.default for key, parameter in parameters.items()}


def declaration(folder: str, name: str, decorator: str) -> ast.FunctionDef:
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

    Raises UsageError for a parameter that the method does not have, or a value that does not fit.
    """
    return checked(f"method '{name}'", schema(declaration("methods", name, "method")), given)


@functools.lru_cache(maxsize=512)
def _tree(path: Path, changed: int) -> ast.Module:
    """Return a file as a syntax tree, parsed once until its time of change is another."""
    try:
        return ast.parse(path.read_text(encoding="utf-8"))
    except SyntaxError as error:
        raise not_python(path, error) from None
