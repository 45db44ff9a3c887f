"""Workbooks: tables as .xlsx, in which a text stays a text and a number a number."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from crmlab.store.files import replacing

if TYPE_CHECKING:
    import pandas as pd

ROWS: Final = 50_000
"""So many rows of a table, the first ones, are written: a workbook takes seconds for each hundred
thousand."""

WIDEST: Final = 40
SAMPLE: Final = 200
"""Rows from whose texts the width of a column is taken."""

MADE: Final = dt.datetime(2000, 1, 1)
"""The date of a workbook, so that the same tables make the same bytes."""


def write_workbook(path: Path, tables: Mapping[str, pd.DataFrame], about: Sequence[str]) -> None:
    """Write tables as sheets of an .xlsx file, and sentences about them as a last sheet.

    Texts are never formulas or links. A table longer than ROWS is cut, and the last sheet says so.
    """
    import xlsxwriter

    texts = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    said = list(about)
    with replacing(path) as part, xlsxwriter.Workbook(str(part), {**texts, "in_memory": True}) as book:
        book.set_properties({"created": MADE, "author": "crmlab"})
        bold = book.add_format({"bold": True})
        for name, table in tables.items():
            _fill(book.add_worksheet(name), table.head(ROWS), bold)
            if len(table) > ROWS:
                said.append(f"The sheet {name} has the first {ROWS:,} of {len(table):,} rows.")
        sheet = book.add_worksheet("about")
        sheet.set_column(0, 0, 120, book.add_format({"text_wrap": True}))
        for place, sentence in enumerate(said):
            sheet.write_string(place, 0, sentence)


def _fill(sheet: Any, table: pd.DataFrame, bold: Any) -> None:
    """Write a table into a sheet: a header that stays in sight, filters, widths that fit."""
    import pandas as pd

    for place, name in enumerate(table.columns):
        column = table[name]
        is_number = pd.api.types.is_numeric_dtype(column)
        sheet.write_string(0, place, str(name), bold)
        values = column.tolist()
        write = sheet.write_number if is_number else sheet.write_string
        for row, value in enumerate(values, start=1):
            if not pd.isna(value) and value not in (float("inf"), float("-inf")):
                write(row, place, value if is_number else str(value))
        longest = max((len(str(v)) for v in values[:SAMPLE]), default=0)
        sheet.set_column(place, place, min(max(len(str(name)), 8 if is_number else longest) + 2, WIDEST))
    sheet.freeze_panes(1, 1)
    if len(table):
        sheet.autofilter(0, 0, len(table), len(table.columns) - 1)
