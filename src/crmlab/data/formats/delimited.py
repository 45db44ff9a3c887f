"""Reading delimited text strictly: every value stays text, and every row has every column."""

from __future__ import annotations

import contextlib
import csv
import io
import itertools
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.csv

from crmlab.errors import USAGE, DataError


def read_text(path: Path, *, separator: str = ",") -> pd.DataFrame:
    """Return a delimited file as text columns; '00123' and 'NA' stay what they are.

    Empty values are ''. Blank lines are skipped. Raises DataError, naming the line, for a row with
    too many or too few values, text that is not UTF-8, no header, a repeated column name.
    """
    return parse_text(path.read_bytes(), name=path.name, separator=separator)


def parse_text(content: bytes, *, name: str, separator: str = ",") -> pd.DataFrame:
    """Return delimited bytes as text columns (see read_text); `name` is what errors call them."""
    names = header(content, name=name, separator=separator)
    try:
        table = pa.csv.read_csv(
            pa.BufferReader(content),
            read_options=pa.csv.ReadOptions(column_names=names, skip_rows=1),
            parse_options=pa.csv.ParseOptions(delimiter=separator, newlines_in_values=True),
            convert_options=pa.csv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False
            ),
        )
    except pa.ArrowInvalid as error:
        raise _refusal(_first_ragged_line(content, name, names, separator) or f"{name}: {error}") from None
    return table.to_pandas()


def header(content: bytes, *, name: str, separator: str) -> list[str]:
    """Return the column names; raises DataError where one is repeated or none is there."""
    text = _decoded(content, name)
    return checked_names(next(csv.reader(io.StringIO(text, newline=""), delimiter=separator), []), name)


def checked_names(first: list[str], name: str) -> list[str]:
    """Return the column names of a first row; raises DataError where one is repeated or none is there."""
    names = [n.strip() for n in first]
    if not any(names):
        raise _refusal(f"{name} is empty: its first line must name the columns")
    repeated = sorted({n for n in names if names.count(n) > 1})
    if repeated:
        raise _refusal(f"{name}: the column name '{repeated[0]}' occurs {names.count(repeated[0])} times")
    return names


def first_fault(
    path: Path, names: list[str], *, separator: str, called: str | None = None, above: int = 0
) -> str | None:
    """Return what is wrong with the first row that is broken, or None where every row is whole.

    called: how the file is called; above: how many lines stand above it where it is a part of another.
    Raises DataError where the file is not UTF-8 text.
    """
    with _rows_of(path, separator, strict=True) as rows:
        return _first_ragged(rows, called or path.name, names, above)


def line_numbers(
    source: bytes | Path, positions: Iterable[int], *, separator: str, header: bool = True
) -> list[int]:
    """Return the line in the file on which each data row (0 = the first after the header) ends."""
    wanted = set(positions)
    with _rows_of(source, separator) as reader:
        if header:
            next(reader)
        rows = ((i, reader.line_num) for i, _ in enumerate(row for row in reader if row))
        up_to = itertools.takewhile(lambda row: row[0] <= max(wanted, default=-1), rows)
        return [line for i, line in up_to if i in wanted]


@contextlib.contextmanager
def _rows_of(source: bytes | Path, separator: str, *, strict: bool = False) -> Iterator[Any]:
    """Yield a csv reader of a file or of bytes; raises DataError, with the line, for what is not UTF-8."""
    name = source.name if isinstance(source, Path) else "file"
    with source.open("rb") if isinstance(source, Path) else io.BytesIO(source) as raw:
        try:
            with io.TextIOWrapper(raw, encoding="utf-8-sig", newline="") as lines:
                yield csv.reader(lines, delimiter=separator, strict=strict)
        except UnicodeDecodeError:
            raise _not_utf8(source, name) from None


def _not_utf8(source: bytes | Path, name: str) -> DataError:
    """Return the error that names the first line of a source that is not UTF-8."""
    with source.open("rb") if isinstance(source, Path) else io.BytesIO(source) as raw:
        first = next(number for number, line in enumerate(raw, 1) if not is_utf8(line))
    return _refusal(f"{name}, line {first}: not UTF-8 text. Save the file as UTF-8")


def is_utf8(line: bytes) -> bool:
    """Tell whether bytes are UTF-8 text."""
    try:
        line.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def without_decimal(ids: pd.Series) -> pd.Series:
    """Return ids as text without the '.0' that a detour through numbers leaves, '' as null.

    Only where every id of the column has it: in a mixed column '12.0' may be meant.
    """
    ids = ids.str.strip()
    ids = ids.mask(ids == "")
    if ids.notna().any() and ids.dropna().str.fullmatch(r"\d+\.0").all():
        return ids.str.removesuffix(".0")
    return ids


def _first_ragged_line(content: bytes, name: str, names: list[str], separator: str) -> str | None:
    """Return what is wrong with the first row that is broken, or None where every row is whole."""
    text = io.StringIO(_decoded(content, name), newline="")
    return _first_ragged(csv.reader(text, delimiter=separator, strict=True), name, names)


def _first_ragged(reader: Any, name: str, names: list[str], above: int = 0) -> str | None:
    """Return what is wrong with the first row of a csv reader that is broken, None where all are whole."""
    try:
        for row in reader:
            if row and len(row) != len(names):
                return f"{name}, line {reader.line_num + above}: {len(row)} values for {len(names)} columns"
    except csv.Error as error:
        return f"{name}, line {reader.line_num + above}: {error}"
    return None


def _decoded(content: bytes, name: str) -> str:
    """Return UTF-8 text, without a byte-order mark."""
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise _refusal(f"{name}, line {line}: not UTF-8 text. Save the file as UTF-8") from None


def _refusal(message: str) -> DataError:
    """Return an error for a file that its owner has to mend."""
    return DataError(message, exit_code=USAGE)
