"""How a text file is laid out: its separator, the line that names the columns, and what stands above it."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from crmlab.data.formats.delimited import checked_names
from crmlab.data.reading import Reading
from crmlab.errors import USAGE, DataError, UsageError

SEPARATORS: Final = ",;\t|"
HEAD: Final = 64 * 1024
"""How many characters are looked at."""
DEEPEST: Final = 30
"""How many lines may stand above the line that names the columns."""
SEP_LINE: Final = re.compile(r'^"?sep=(.)"?[,;\t|]*$', re.IGNORECASE)
"""The separator as spreadsheets write it down in a first line."""
VALUE: Final = re.compile(
    r"[-+(]?[$€£¥]?[-+]?\d[\d.,' ]*%?\)?|\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}([ T].*)?|[^@\s]+@[^@\s]+\.\w+|"
    r"\d{1,2}:\d{2}(:\d{2})?"
)
"""What hardly a column is called: a number, a date, a time, an address."""
ANOTHER: Final = re.compile(r"\S[ :^~]+(?=\S)")
"""What may be another separator."""
NAMES_OPTION: Final = "--names customer,order_date,amount (your columns, in their order), or --no-header"


@dataclass(frozen=True)
class Layout:
    """How a file is laid out. header: whether a line names the columns; above: how many lines precede it."""

    separator: str
    names: list[str]
    header: bool
    above: int


def laid_out(head: str, name: str, reading: Reading) -> Layout:
    """Return the layout of the file that begins with `head` (cut at its last whole line).

    Raises DataError for a first line that holds values, and for a file without a line that names its columns.
    """
    lines = head.splitlines(keepends=True)
    marked = SEP_LINE.match(lines[0].strip("\r\n")) if lines else None
    above = 1 if marked else 0
    separator = reading.separator or (marked.group(1) if marked else _separator(lines, above))
    rows = _rows(lines[above:], separator, above)
    if not reading.header or reading.names:
        return _without_header(rows, reading, name, separator, above)
    if reading.header_line is not None:
        return _with_header_at(rows, reading.header_line, name, separator)
    _refuse_one_column(rows, name)
    found = header_of([cells for _, cells in rows])
    if found is None:
        raise _no_names(rows, name)
    return Layout(
        separator, column_names(rows[found][1] if rows else [], name), True, _first_line(rows, found, above)
    )


Rows = Sequence[tuple[int, list[str]]]
"""(line on which the row begins, from 0; its cells), blank lines left out."""


def _first_line(rows: Rows, place: int, above: int) -> int:
    """Return how many lines stand above a row."""
    return rows[place][0] if rows else above


def header_of(rows: Sequence[list[str]]) -> int | None:
    """Return the place of the row that names the columns: the first that is whole and holds no values.

    Titles above it are narrower than the table or nearly empty. None where the row in its place holds values.
    """
    if not rows:
        return 0
    width = usual_width(rows)
    first_names = _names_all(rows[0]) and not _holds_values(rows[0])
    if first_names and len(rows[0]) >= width:
        return 0
    whole = [i for i, row in enumerate(rows[:DEEPEST]) if len(row) == width and _names_all(row)]
    if whole and not _holds_values(rows[whole[0]]):
        return whole[0]
    # names that are fewer than the values below: which line is ragged is said when all are read
    return 0 if not whole or (first_names and len(rows[0]) > 1) else None


def column_names(cells: Sequence[str], name: str) -> list[str]:
    """Return the names of columns; several without one are called by their places ('column 5').

    Raises DataError for a name that occurs twice, and where there is none.
    """
    blank = [i for i, cell in enumerate(cells) if not cell.strip()]
    if len(blank) < 2 or len(blank) == len(cells):
        return checked_names(list(cells), name)
    return checked_names([f"column {i + 1}" if i in blank else cell for i, cell in enumerate(cells)], name)


def usual_width(rows: Sequence[list[str]]) -> int:
    """Return how many cells most rows have."""
    return Counter(len(row) for row in rows).most_common(1)[0][0]


def _names_all(row: Sequence[str]) -> bool:
    """Tell whether a row has a text in every cell; one may be empty (a column of row numbers)."""
    there = sum(bool(cell.strip()) for cell in row)
    return there >= max(1, len(row) - 1) and (there >= 2 or len(row) == 1)


def _holds_values(row: Sequence[str]) -> bool:
    """Tell whether a row looks like values: two numbers, dates and the like, and a third of its cells."""
    values = sum(bool(VALUE.fullmatch(cell.strip())) for cell in row)
    return values >= 2 and values * 3 >= len(row)


def _rows(lines: Sequence[str], separator: str, above: int) -> Rows:
    """Return the rows of lines with the line on which each begins."""
    reader = csv.reader(io.StringIO("".join(lines), newline=""), delimiter=separator)
    rows, start = [], above
    try:
        for row in reader:
            if any(cell.strip() for cell in row):
                rows.append((start, row))
            start = reader.line_num + above
            if len(rows) > 10 * DEEPEST:
                break
    except csv.Error:  # a broken row is named when all are read
        pass
    return rows


def _separator(lines: Sequence[str], above: int) -> str:
    """Return the separator that gives most rows one width of at least two."""
    best, most = "", (0.0, 0)
    for separator in SEPARATORS:
        rows = [row for _, row in _rows(lines[above:], separator, above)]
        widths = Counter(len(row) for row in rows if len(row) > 1)
        if widths:
            width, times = max(widths.items(), key=lambda w: (w[1], w[0]))
            most_now = (times / len(rows), width)
            better = most_now[0] > most[0] + 0.1 or (most_now[0] >= most[0] - 0.1 and width > most[1])
            if better:
                best, most = separator, most_now
    first = lines[above] if len(lines) > above else ""
    return best or max(",;\t|", key=first.count)


def _without_header(rows: Rows, reading: Reading, name: str, separator: str, above: int) -> Layout:
    """Return the layout of a file whose first line holds values."""
    if not rows:
        return Layout(separator, checked_names([], name), True, above)
    width = usual_width([cells for _, cells in rows])
    first = next(i for i, (_, cells) in enumerate(rows) if len(cells) == width)
    names = list(reading.names) or [str(i) for i in range(1, width + 1)]
    if len(names) != width:
        raise UsageError(f"--names has {len(names)} names, and {name} has {width} columns")
    return Layout(separator, checked_names(names, name), False, _first_line(rows, first, above))


def _with_header_at(rows: Rows, line: int, name: str, separator: str) -> Layout:
    """Return the layout of a file whose columns are named in a line (from 1)."""
    found = [i for i, (start, _) in enumerate(rows) if start == line - 1]
    if not found:
        raise UsageError(f"--header-line {line}: {name} has no row that begins there")
    return Layout(separator, column_names(rows[found[0]][1], name), True, line - 1)


def _refuse_one_column(rows: Rows, name: str) -> None:
    """Refuse a file whose columns seem to be parted by a sign that nobody said."""
    if rows and all(len(cells) == 1 and len(ANOTHER.findall(cells[0])) >= 2 for _, cells in rows):
        says = f"{name} has one column, '{rows[0][1][0][:60]}': if another sign parts it, --separator SIGN"
        raise DataError(says, exit_code=USAGE)


def _no_names(rows: Rows, name: str) -> DataError:
    """Return the error of a file whose columns have no names."""
    width = usual_width([cells for _, cells in rows])
    first = next((row for row in rows if len(row[1]) == width), rows[0])
    shown = ", ".join(first[1][:6])
    return DataError(
        f"{name}, line {first[0] + 1} holds values ({shown}), not the names of columns. "
        f"If there are none: {NAMES_OPTION}; if they stand elsewhere: --header-line N",
        exit_code=USAGE,
    )
