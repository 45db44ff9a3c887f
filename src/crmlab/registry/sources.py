"""The source files behind an entry, and the digest by which a key follows them.

A key speaks of what made a number and of nothing else. Of a file it follows the code alone: no comment, no
docstring, no blank line, and of an import from crmlab what is imported, not from where, so that a module
may move. What lies in the ground (GROUND) decides no number and is followed by no key.
"""

from __future__ import annotations

import ast
import functools
import hashlib
import io
import sys
import tokenize
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from crmlab.errors import UsageError
from crmlab.registry.entries import PACKAGE, not_python

GROUND: Final = (
    "crmlab.declare.parameters",
    "crmlab.errors",
    "crmlab.history.ledger",
    "crmlab.registry",
    "crmlab.store",
    "crmlab.vocabulary",
)
"""Messages, words, the finding of entries, the places of files, and the ledger, which gives what the feature
families define faster and equal to it bit for bit: what they do to a number, a digest of the data or a
parameter shows."""


def source_files(*names: str, ground: bool = True) -> list[Path]:
    """Return the files of the given crmlab modules and of all crmlab modules that they import.

    Imports are read from the text (also those inside functions), transitively; nothing is run.
    names: dotted, such as 'crmlab.methods.classification.logit'. ground: also what no key follows.
    """
    return sorted(set(_followed(names, ground=ground).values()))


def source_digest(*names: str, transitive: bool = True) -> str:
    """Return the SHA-256 over the code behind the given modules, without the ground.

    transitive: also over what they import; else over the modules' own files alone. Raises UsageError where
    this process has imported one of the files and the file was changed since: what ran would be other code
    than what the digest names.
    """
    known = _followed(names, ground=False, transitive=transitive)
    _refuse_changed(known)
    digests = {_code_digest(path, path.stat().st_mtime_ns) for path in known.values()}
    return hashlib.sha256("\n".join(sorted(digests)).encode()).hexdigest()


def code_digests(*names: str, transitive: bool = True) -> dict[str, str]:
    """Return the first letters of each file's digest by its path in the package: what a key follows."""
    known = sorted(set(_followed(names, ground=False, transitive=transitive).values()))
    return {
        path.relative_to(PACKAGE).as_posix(): _code_digest(path, path.stat().st_mtime_ns)[:12]
        for path in known
    }


def code_of(text: str) -> str:
    """Return Python source without what decides nothing: comments, docstrings, blank lines, import paths."""
    lines: list[str | None] = list(text.split("\n"))
    within: set[int] = set()  # lines that end within a text: what looks blank there is part of a value
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        (row, column), last = token.start, token.end[0]
        if token.type == tokenize.COMMENT:
            lines[row - 1] = lines[row - 1][:column]
        elif token.type == tokenize.STRING:
            within.update(range(row - 1, last - 1))
    for node, kept in _shortened(ast.parse(text)):
        first, last = node.lineno - 1, node.end_lineno - 1
        before, after = lines[first].encode()[: node.col_offset], lines[last].encode()[node.end_col_offset :]
        lines[first] = before.decode() + kept + after.decode()
        lines[first + 1 : last + 1] = [None] * (last - first)
        within.difference_update(range(first, last))
    return "\n".join(
        line if row in within else line.rstrip()
        for row, line in enumerate(lines)
        if line is not None and (row in within or line.strip())
    )


def _shortened(tree: ast.AST) -> list[tuple[ast.AST, str]]:
    """Return the statements that a key does not take as they are, with what it keeps of each, last first."""
    found = [(node, _kept_of(node)) for node in ast.walk(tree)]
    shortened = [(node, kept) for node, kept in found if kept is not None]
    return sorted(shortened, key=lambda pair: (pair[0].lineno, pair[0].col_offset), reverse=True)


def _kept_of(node: ast.AST) -> str | None:
    """Return what a key keeps of a statement that it does not take as it is; None where it does."""
    if isinstance(node, ast.Expr) and isinstance(getattr(node.value, "value", None), str):
        return ""
    if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "crmlab":
        return "import " + ", ".join(sorted(f"{a.name} as {a.asname or a.name}" for a in node.names))
    if isinstance(node, ast.ImportFrom) and node.module == "__future__":
        return ""
    return None


def _followed(names: Iterable[str], *, ground: bool, transitive: bool = True) -> dict[str, Path]:
    """Return the files behind modules by dotted name."""
    seen: dict[str, Path] = {}
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        path = _path_of(name)
        if name in seen or path is None or (not ground and is_ground(name)):
            continue
        seen[name] = path
        if transitive:
            waiting.extend(_imports(path, path.stat().st_mtime_ns))
    return seen


def is_ground(name: str) -> bool:
    """Tell whether a module lies in the ground, which no key follows."""
    return any(name == part or name.startswith(f"{part}.") for part in GROUND)


def _path_of(name: str) -> Path | None:
    """Return the file of a dotted crmlab module, or None where the name is not one."""
    if name == "crmlab":
        return None
    stem = PACKAGE.joinpath(*name.split(".")[1:])
    for path in (stem.with_suffix(".py"), stem / "__init__.py"):
        if path.is_file():
            return path
    return None


@functools.lru_cache(maxsize=1024)
def _code_digest(path: Path, changed: int) -> str:
    """Return the SHA-256 of a file's code, computed once until its time of change is another."""
    return hashlib.sha256(code_of(path.read_text(encoding="utf-8")).encode()).hexdigest()


@functools.lru_cache(maxsize=1024)
def _imports(path: Path, changed: int) -> tuple[str, ...]:
    """Return the dotted crmlab names that a file imports, `from crmlab.a import b` as both."""
    found: list[str] = []
    try:
        tree = ast.parse(path.read_text(encoding="utf-8"))
    except SyntaxError as error:
        raise not_python(path, error) from None
    for node in _running(tree):
        if isinstance(node, ast.Import):
            found += [a.name for a in node.names if a.name.startswith("crmlab.")]
        elif (
            isinstance(node, ast.ImportFrom) and node.level == 0 and (node.module or "").startswith("crmlab")
        ):
            found.append(node.module)
            found += [f"{node.module}.{a.name}" for a in node.names]
    return tuple(found)


def _running(tree: ast.AST) -> Iterator[ast.AST]:
    """Yield the nodes of a tree without what only a type checker reads."""
    for node in ast.iter_child_nodes(tree):
        if not (isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"):
            yield node
            yield from _running(node)


# --- a live kernel ------------------------------------------------------------------------------
@functools.cache
def _as_imported() -> dict[str, int]:
    """Return the time of change of each source file by its module, as of when this process first looked."""
    return {
        ".".join(("crmlab", *path.relative_to(PACKAGE).with_suffix("").parts)).removesuffix(".__init__"): (
            path.stat().st_mtime_ns
        )
        for path in PACKAGE.rglob("*.py")
    }


def _refuse_changed(known: dict[str, Path]) -> None:
    """Raise UsageError for a file that was changed after this process imported it."""
    seen = _as_imported()
    for name, path in known.items():
        changed = path.stat().st_mtime_ns
        if name not in sys.modules:
            seen[name] = changed  # it will be imported as it is now
        elif seen.setdefault(name, changed) != changed:
            where = path.relative_to(PACKAGE.parent.parent).as_posix()
            raise UsageError(
                f"{where} was changed after this process had imported it, so what runs here is not what the "
                "file says: restart the kernel"
            )


_as_imported()
