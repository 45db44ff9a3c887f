"""Opening spreadsheets (.xlsx, .xlsm, .xlsb, .xls, .ods): the values of one visible sheet."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final
from xml.etree import ElementTree

from crmlab.data.bench import Bench
from crmlab.data.formats.delimited import checked_names
from crmlab.data.formats.layout import NAMES_OPTION, column_names, header_of
from crmlab.data.formats.rows import as_text, written
from crmlab.data.formats.source import Table
from crmlab.data.reading import Reading
from crmlab.errors import USAGE, DataError, UsageError

OLD: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
"""How .xls files begin, and newer ones with a password."""
NO_VALUE: Final = re.compile(
    rb'<c r="([A-Z]+\d+)"[^>]*>\s*<f[^>]*?(?:/>|>[^<]*</f>)\s*(?:<v\s*/>|<v>\s*</v>)?\s*</c>'
)
"""A cell of a formula whose value nobody computed."""
SHOWN: Final = 5
HEAD: Final = 100


def opened(workplace: Bench, path: Path, name: str, reading: Reading, table: str) -> Table:
    """Return one sheet of a workbook open; formulas count by their values.

    Raises DataError where it cannot be read (a password, a broken file), where several sheets are visible and
    `--sheet` does not say which, for cells merged over lines of data, and for formulas without a value.
    """
    import python_calamine as calamine

    try:
        with calamine.load_workbook(str(path)) as book:
            title = _sheet(book, name, reading.sheet)
            sheet = book.get_sheet_by_name(title)
            rows = _rows(sheet)
            merged = sheet.merged_cell_ranges or []
    except calamine.PasswordError:
        raise DataError(f"{name} has a password: save it without one", exit_code=USAGE) from None
    except (calamine.CalamineError, OSError) as error:
        what = "it has a password, or is not whole" if _is_old(path) else error
        says = f"{name} is an Excel workbook that cannot be read ({what}): save the sheet as CSV (UTF-8)"
        raise DataError(says, exit_code=USAGE) from None
    found = f"{name}, sheet '{title}'"
    names, first = _names(rows, found, reading)
    _refuse_merged(merged, first, found)
    _refuse_without_value(path, title, found)
    data = ((number, _fitted(cells, len(names))) for number, cells in rows if number > first)
    return written(workplace, found, names, data, table)


def _is_old(path: Path) -> bool:
    """Tell whether a file is of the old kind, which has newer ones with a password, too."""
    with path.open("rb") as file:
        return file.read(8) == OLD


def _sheet(book: Any, name: str, said: str | None) -> str:
    """Return the title of the sheet that was said, or of the only visible one that holds something."""
    titles = list(book.sheet_names)
    if said is not None:
        if said not in titles:
            raise UsageError(f"--sheet '{said}': {name} has the sheets {_listed(titles)}")
        return said
    shown = [
        m.name for m in book.sheets_metadata if str(m.visible).endswith("Visible") and "Work" in str(m.typ)
    ]
    full = [title for title in shown if book.get_sheet_by_name(title).height]
    if len(full) == 1:
        return full[0]
    hidden = [t for t in titles if t not in shown]
    more = f" (hidden: {_listed(hidden)})" if hidden else ""
    what = f"has several sheets, {_listed(full)}" if full else "has no visible sheet with values"
    raise UsageError(f"{name} {what}{more}: say which, --sheet NAME")


def _listed(titles: Sequence[str]) -> str:
    """Return titles in quotes."""
    return ", ".join(f"'{t}'" for t in titles)


def _rows(sheet: Any) -> list[tuple[int, list[Any]]]:
    """Return the rows of a sheet that hold something, with their numbers (from 1)."""
    rows = enumerate(sheet.to_python(skip_empty_area=False), 1)
    return [(number, cells) for number, cells in rows if any(cell not in ("", None) for cell in cells)]


def _names(rows: list[tuple[int, list[Any]]], name: str, reading: Reading) -> tuple[list[str], int]:
    """Return the names of the columns and the row that they stand in (0: in none)."""
    texts = [_trimmed([as_text(cell) or "" for cell in cells]) for _, cells in rows[:HEAD]]
    if not reading.header or reading.names:
        width = max(map(len, texts), default=0)
        names = list(reading.names) or [str(i) for i in range(1, width + 1)]
        if len(names) != width:
            raise UsageError(f"--names has {len(names)} names, and {name} has {width} columns")
        return checked_names(names, name), 0
    if reading.header_line is not None:
        place = next((i for i, (number, _) in enumerate(rows[:HEAD]) if number == reading.header_line), None)
        if place is None:
            raise UsageError(f"--header-line {reading.header_line}: {name} has nothing in that row")
    else:
        place = header_of(texts)
        if place is None:
            says = f"{name}, row {rows[0][0]} holds values, not the names of columns. "
            raise DataError(f"{says}If there are none: {NAMES_OPTION}", exit_code=USAGE)
    return column_names(texts[place] if rows else [], name), rows[place][0] if rows else 0


def _trimmed(cells: list[str]) -> list[str]:
    """Return cells without the empty ones at the end."""
    while cells and not cells[-1].strip():
        cells = cells[:-1]
    return cells


def _fitted(cells: list[Any], width: int) -> list[Any]:
    """Return as many cells as there are columns."""
    return (cells + [None] * width)[:width]


def _refuse_merged(merged: Sequence[Any], first: int, name: str) -> None:
    """Refuse cells that are merged over lines of data: all but the first would count as empty."""
    inside = [(a, b) for a, b in merged if b[0] + 1 > first]
    if inside:
        shown = ", ".join(f"{_cell(a)}:{_cell(b)}" for a, b in inside[:SHOWN])
        says = f"{name} has merged cells among its values ({shown}): split them and fill each with its value"
        raise DataError(says, exit_code=USAGE)


def _cell(place: tuple[int, int]) -> str:
    """Return a cell as spreadsheets call it: (1, 0) is A2."""
    column, letters = place[1] + 1, ""
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return f"{letters}{place[0] + 1}"


def _refuse_without_value(path: Path, title: str, name: str) -> None:
    """Refuse formulas whose value nobody computed: they would count as empty."""
    cells = [found for part in _parts_of(path, title) for found in NO_VALUE.findall(part)]
    if cells:
        shown = ", ".join(cell.decode() for cell in cells[:SHOWN])
        more = f" and {len(cells) - SHOWN:,} more" if len(cells) > SHOWN else ""
        says = f"{name} has formulas without a value ({shown}{more}): "
        raise DataError(f"{says}open it in a spreadsheet program and save it", exit_code=USAGE)


def _parts_of(path: Path, title: str) -> Iterator[bytes]:
    """Yield the XML of a sheet of an .xlsx file; nothing of other files."""
    if not zipfile.is_zipfile(path):
        return
    with zipfile.ZipFile(path) as archive:
        if "xl/workbook.xml" not in archive.namelist():
            return
        book = ElementTree.fromstring(archive.read("xl/workbook.xml"))
        links = ElementTree.fromstring(archive.read("xl/_rels/workbook.xml.rels"))
        targets = {link.get("Id"): link.get("Target", "") for link in links}
        for sheet in book.iter():
            if sheet.tag.endswith("}sheet") and sheet.get("name") == title:
                link = next(v for k, v in sheet.attrib.items() if k.endswith("}id"))
                target = targets.get(link, "").removeprefix("/").removeprefix("xl/")
                yield archive.read(f"xl/{target}")
