"""What a preset is, which there are, and which one a file is of."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

from crmlab.data import presets
from crmlab.data.bench import NUMBER, Bench, quoted, text
from crmlab.data.formats.opened import opened, paths_of
from crmlab.data.formats.source import Source
from crmlab.data.reading import Reading
from crmlab.errors import USAGE, DataError, UsageError, did_you_mean

HERE: Final = "preset"

Columns = Mapping[str, Collection[str]]
"""{file of the preset: its columns}."""


class Preset(NamedTuple):
    """How files of a shop system become order lines.

    files: {name: the columns by which it is recognised}; the first holds the orders. select: from the
    columns of all files to a SELECT of the fields of order lines, as text, and the number of the line in
    the first file. fields: {field: column}, as a user is told. announced: from the columns to a SELECT
    `order_id, total` of the totals of all orders, where lines do not have them. answers: what the format
    says of its meaning (`Meaning`). verified: tried on inputs with all columns of the published format.
    """

    label: str
    files: Mapping[str, Collection[str]]
    select: Callable[[Columns], str]
    fields: Mapping[str, str]
    announced: str = ""
    answers: Mapping[str, Any] = {}
    verified: bool = True


def names() -> list[str]:
    """Return the presets, by name."""
    return sorted(m.name for m in pkgutil.iter_modules(presets.__path__) if m.name != HERE)


def find(name: str) -> Preset:
    """Return a preset. Raises UsageError, with the names that there are, for one that there is not."""
    if name not in names():
        there = ", ".join(names())
        raise UsageError(
            f"--from: '{name}' is no shop system that is known ({there})." + did_you_mean(name, names())
        )
    return importlib.import_module(f"{presets.__name__}.{name}").PRESET


def recognised(columns: Collection[str]) -> str | None:
    """Return the preset of one file whose columns a file has, None where there is none."""
    for name in names():
        files = find(name).files
        if len(files) == 1 and all(_lower(c) <= _lower(columns) for c in files.values()):
            return name
    return None


def read(workplace: Bench, preset: Preset, given: Source | str | Path, reading: Reading) -> Columns:
    """Read the files of a preset as tables of text, each under its name, and return the columns of each.

    given: the one file, open; or a folder with all of them, or one of those in it. Raises DataError for a
    file that is missing or broken.
    """
    if not isinstance(given, (str, Path)):
        (name,) = preset.files
        return {name: _table(workplace, name, given)}
    return {
        name: _one_of(workplace, Path(given), name, wanted, reading) for name, wanted in preset.files.items()
    }


def _one_of(workplace: Bench, path: Path, name: str, wanted: Collection[str], reading: Reading) -> list[str]:
    """Read the file that has some columns: the path itself, or one of its folder."""
    folder = path if path.is_dir() else path.parent
    there = [path] if path.is_file() else []
    for file in there + [p for p in paths_of(folder) if p != path]:
        source = opened(workplace, file, reading)
        if _lower(wanted) <= _lower(source.names):
            return _table(workplace, name, source)
    missing = ", ".join(wanted)
    raise DataError(f"no file in {folder} has the columns of the {name}: {missing}", exit_code=USAGE)


def _lower(columns: Collection[str]) -> set[str]:
    """Return names of columns without case and blanks around them."""
    return {c.strip().lower() for c in columns}


def _table(workplace: Bench, name: str, source: Source) -> list[str]:
    """Write an open file down as the table `name`: every value text without blanks around it, '' as null."""
    places = {f"c{i}": column for i, column in enumerate(source.names)}
    listed = ", ".join(f"{place} AS {quoted(column)}" for place, column in places.items())
    table = f"CREATE OR REPLACE TABLE {name} AS SELECT {NUMBER}, {listed} FROM read"
    source.read(workplace, places, lambda: workplace.run(table))
    # what comes after makes a table of the same name
    workplace.run("DROP VIEW IF EXISTS read")
    return list(source.names)


def column(columns: Collection[str], *among: str, table: str = "") -> str:
    """Return the SQL of the first column that is there, null where none is."""
    there = {c.lower(): c for c in columns}
    dot = f"{table}." if table else ""
    return next((dot + quoted(there[c.lower()]) for c in among if c.lower() in there), "NULL::VARCHAR")


def number(sql: str) -> str:
    """Return the SQL of a text as a number, null where it is none."""
    return f"try_cast({sql} AS DOUBLE)"


def as_text(sql: str) -> str:
    """Return the SQL of a number as a text with four decimals."""
    return f"({sql})::DECIMAL(18, 4)::VARCHAR"


def product(pieces: str, price: str) -> str:
    """Return the SQL of pieces times price, both texts, as text."""
    return as_text(f"{number(pieces)} * {number(price)}")


def beside(what: str, amount: str, *, off: bool) -> str:
    """Return the columns of a line beside an order's goods: a fee, or money off (a discount, a refund)."""
    role, sign = (what, "-") if off else ("fee", "")
    named = "NULL::VARCHAR" if what == "refund" else text(what)
    return (
        f"{named} AS product, '1' AS quantity, {as_text(amount)} AS unit_price, "
        f"{as_text(f'{sign}({amount})')} AS amount, '{role}' AS role"
    )
