"""Rows that Python reads, written down in a table of the bench as text."""

from __future__ import annotations

import datetime as dt
import decimal
import itertools
import json
from collections.abc import Iterable, Sequence
from typing import Any, Final

import pyarrow as pa

from crmlab.data.bench import Bench, quoted
from crmlab.data.formats.source import Table

AT_ONCE: Final = 20_000


def written(
    workplace: Bench, name: str, names: list[str], rows: Iterable[tuple[int, Sequence[Any]]], table: str
) -> Table:
    """Write rows down as text, and return them open.

    rows: (where it stands, from 1; its values, one for each of the names). Rows without any value are left
    out.
    """
    columns = ["place", *(f"c{i}" for i in range(len(names)))]
    typed = ", ".join(f"{c} {'VARCHAR' if i else 'BIGINT'}" for i, c in enumerate(columns))
    workplace.run(f"CREATE OR REPLACE TABLE {quoted(table)} ({typed})")
    schema = pa.schema([(c, pa.string() if i else pa.int64()) for i, c in enumerate(columns)])
    texts = ((place, *map(as_text, row)) for place, row in rows)
    there = (row for row in texts if any(row[1:]))
    while some := list(itertools.islice(there, AT_ONCE)):
        arrays = [
            pa.array(values, field.type)
            for values, field in zip(zip(*some, strict=True), schema, strict=True)
        ]
        workplace.connection.register("some_rows", pa.table(arrays, schema=schema))
        workplace.run(f"INSERT INTO {quoted(table)} SELECT * FROM some_rows")
        workplace.connection.unregister("some_rows")
    return Table(name, names, table)


def as_text(value: Any) -> str | None:
    """Return a value as the text that is read back as the same value.

    A fraction with three decimals gets a fourth: it must not be taken for a number in thousands.
    """
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (float, decimal.Decimal)):
        return _number(value)
    if isinstance(value, dt.datetime):
        return value.isoformat(" ")
    if isinstance(value, bytes):
        return value.decode("utf-8", errors="replace")
    return json.dumps(value, ensure_ascii=False) if isinstance(value, (dict, list)) else str(value)


def _number(value: float | decimal.Decimal) -> str:
    """Return a number that need not be whole as text."""
    if value == value and abs(value) < 1e15 and value == int(value):
        return str(int(value))
    text = str(value)
    return text + "0" if "e" not in text.lower() and len(text.partition(".")[2]) == 3 else text
