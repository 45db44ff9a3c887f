"""Opening JSON: one object per line, or one list of objects."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from crmlab.data.bench import Bench
from crmlab.data.formats.delimited import checked_names
from crmlab.data.formats.rows import written
from crmlab.data.formats.source import Table
from crmlab.errors import USAGE, DataError

ENDINGS: Final = (".json", ".jsonl", ".ndjson")


class Digits(str):
    """A number as it stands in the file."""


def is_json(path: Path, name: str) -> bool:
    """Tell whether a file is of JSON: by its first object, or by its ending and first sign."""
    with path.open("rb") as file:
        first = file.readline(2**16).decode("utf-8-sig", errors="replace").strip()
    if name.lower().endswith(ENDINGS) and first.startswith(("{", "[")):
        return True
    try:
        return isinstance(json.loads(first), (dict, list)) and first.startswith(("{", "[{"))
    except ValueError:
        return False


def opened(workplace: Bench, path: Path, name: str, table: str) -> Table:
    """Return a file of JSON objects open; a key that an object does not have is empty.

    Raises DataError, naming the line, for what is no object.
    """
    names: dict[str, None] = {}
    no_text: dict[str, str] = {}
    for _, row in _objects(path, name):
        names.update(dict.fromkeys(row))
        no_text.update((k, "lists or records") for k, value in row.items() if isinstance(value, list | dict))
    rows = ((line, [_value(row.get(n)) for n in names]) for line, row in _objects(path, name))
    made = written(workplace, name, checked_names(list(names), name), rows, table)
    return dataclasses.replace(made, no_text=no_text)


class _TwiceError(Exception):
    """A key stands twice in an object."""


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return an object; raise for a key that stands twice, of which JSON keeps the last in silence."""
    found = dict(pairs)
    if len(found) < len(pairs):
        keys = [key for key, _ in pairs]
        raise _TwiceError(next(key for key in keys if keys.count(key) > 1))
    return found


def _value(value: Any) -> Any:
    """Return a value; a fraction gets a digit more where it could be taken for a number in thousands."""
    if isinstance(value, Digits):
        return value + "0" if len(value.partition(".")[2]) == 3 and value[-4:-3] == "." else str(value)
    return value


def _objects(path: Path, name: str) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield the objects of a file with their lines."""
    with path.open(encoding="utf-8-sig") as file:
        try:
            whole = file.read(1).strip() == "["
            file.seek(0)
            yield from enumerate(_checked_list(file.read(), name), 1) if whole else _by_line(file, name)
        except UnicodeDecodeError:
            raise DataError(f"{name}: not UTF-8 text, which JSON is", exit_code=USAGE) from None


def _checked_list(text: str, name: str) -> list[dict[str, Any]]:
    """Return the objects of a list."""
    rows = _loaded(text, name, "")
    if not all(isinstance(row, dict) for row in rows):
        raise DataError(f"{name}: not a list of objects", exit_code=USAGE)
    return list(rows)


def _by_line(lines: Any, name: str) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield one object per line; blank lines are passed over."""
    for number, line in enumerate(lines, 1):
        if line.strip():
            row = _loaded(line, name, f", line {number}")
            if not isinstance(row, dict):
                raise DataError(f"{name}, line {number}: not an object", exit_code=USAGE)
            yield number, row


def _loaded(text: str, name: str, where: str) -> Any:
    """Return what a text of JSON holds, numbers as they are written."""
    try:
        return json.loads(
            text, parse_float=Digits, parse_int=Digits, parse_constant=str, object_pairs_hook=_once
        )
    except _TwiceError as twice:
        raise DataError(
            f"{name}{where}: the key '{twice}' stands twice in one object", exit_code=USAGE
        ) from None
    except ValueError as error:
        raise DataError(
            f"{name}{where}: not JSON with one object per line ({error})", exit_code=USAGE
        ) from None
