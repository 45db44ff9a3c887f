"""Pictures draw what they are handed: none of them queries a table or reaches into a private file."""

from __future__ import annotations

import ast
import inspect

import pytest

from crmlab import registry

QUERIES = {"engine", "open_tables"}


def imported(tree: ast.Module) -> set[str]:
    """Return the dotted names that a module imports, wherever in it."""
    nodes = list(ast.walk(tree))
    found = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    for node in nodes:
        if isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return found


FILES = sorted(p for p in (registry.PACKAGE / "plots").glob("*.py"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_picture_never_queries(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    names = imported(tree)
    assert not [n for n in names if n.split(".")[0] in ("ibis", "duckdb")]
    assert not [n for n in names if n.startswith("crmlab.history")]
    assert not [n for n in names if n.startswith("crmlab.store.engine") or n.split(".")[-1] in QUERIES]
    assert not [n.attr for n in ast.walk(tree) if isinstance(n, ast.Attribute) and n.attr in QUERIES]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_picture_imports_nothing_private_of_another_room(path):
    names = imported(ast.parse(path.read_text(encoding="utf-8")))
    others = [n for n in names if n.startswith("crmlab.") and not n.startswith("crmlab.plots")]
    assert not [n for n in others if any(part.startswith("_") for part in n.split("."))]


@pytest.mark.parametrize("name", registry.names("plots"))
def test_a_picture_is_drawn_by_one_function_of_one_subject(name):
    draw = registry.module("plots", name).draw
    subject, *more = inspect.signature(draw).parameters.values()
    assert subject.default is inspect.Parameter.empty
    assert all(parameter.default is not inspect.Parameter.empty for parameter in more)
    assert draw.__doc__
