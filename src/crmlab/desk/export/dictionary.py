"""The data dictionary: each column's type, unit, meaning and source, and since when it is known."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import pandas as pd

from crmlab import registry
from crmlab.data.tables import time_of
from crmlab.declare.table import MONEY as IS_MONEY
from crmlab.declare.table import TIME
from crmlab.desk.export.meanings import MONEY, UNITS, meaning

ALWAYS: Final = "from the first time that the row's subject is seen; never changes"
COLUMNS: Final = ("place", "column", "type", "unit", "meaning", "source", "known")


def dictionary(
    columns: Mapping[str, Mapping[str, str]], declared: Any, tables: Mapping[str, Any]
) -> pd.DataFrame:
    """Return COLUMNS, a row per column.

    columns: {table or view: {column: its type}}. declared: the data set. tables: those of the fingerprint;
    what is not among them was computed from them.
    """
    rows = []
    for place, found in columns.items():
        is_table = place in tables
        for column, kind in found.items():
            unit = UNITS.get(column, "")
            if (is_table and _declared(place).get(column) == IS_MONEY) or unit == MONEY:
                unit = declared.currency or "currency of the shop"
            if is_table and _declared(place).get(column) == TIME:
                unit = "local time"
            source = declared.label if is_table else "computed from the tables by crmlab"
            known = _known(place, column) if is_table else "when the file was written"
            rows.append((place, column, kind, unit, meaning(place, column) or PUBLISHED, source, known))
    return pd.DataFrame(rows, columns=list(COLUMNS))


PUBLISHED: Final = "a column of the source, under its own name"


def _declared(table: str) -> dict[str, str]:
    """Return the kind of each column of a canonical table."""
    return {name: column.kind for name, column in registry.find("canonical", table).columns.items()}


def _known(table: str, column: str) -> str:
    """Return since when the value of a column is known."""
    whole = registry.find("canonical", table)
    late = next((time for time, brings in whole.late.items() if column in (time, *brings)), None)
    if late:
        return f"from `{late}` on"
    time = time_of(table)
    return f"from `{time}` on" if time else ALWAYS
