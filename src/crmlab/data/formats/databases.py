"""Opening what a query reads from a database file: DuckDB or SQLite, never written to."""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path
from typing import Final

from crmlab.data.bench import Bench, quoted
from crmlab.data.formats.rows import written
from crmlab.data.formats.source import Table, table_of
from crmlab.errors import USAGE, DataError, UsageError

SQLITE: Final = b"SQLite format 3\x00"
DUCKDB: Final = b"DUCK"
AT_ONCE: Final = 100_000


def is_database(start: bytes) -> bool:
    """Tell whether a file that begins so is a database."""
    return start.startswith(SQLITE) or start[8:12] == DUCKDB


def opened(workplace: Bench, path: Path, name: str, query: str | None, table: str) -> Table:
    """Return what a query reads from a database open; without one, its only table.

    Raises UsageError where there are several tables and no query, or the query cannot be done.
    """
    with path.open("rb") as file:
        is_sqlite = file.read(16).startswith(SQLITE)
    return (_of_sqlite if is_sqlite else _of_duckdb)(workplace, path, name, query, table)


def _of_duckdb(workplace: Bench, path: Path, name: str, query: str | None, table: str) -> Table:
    """Return what a query reads from a DuckDB file."""
    import duckdb

    try:
        with duckdb.connect(str(path), read_only=True) as other:
            found = [
                str(row[0])
                for row in other.sql("SELECT table_name FROM information_schema.tables").fetchall()
            ]
            reader = other.sql(query or _only(found, name)).to_arrow_reader(AT_ONCE)
            workplace.connection.register("from_database", reader)
            workplace.run("CREATE OR REPLACE TABLE of_database AS SELECT * FROM from_database")
            workplace.connection.unregister("from_database")
    except (duckdb.Error, AttributeError) as error:
        raise UsageError(_cannot(name, query, error)) from None
    return table_of(workplace, "of_database", table, name=name)


def _of_sqlite(workplace: Bench, path: Path, name: str, query: str | None, table: str) -> Table:
    """Return what a query reads from an SQLite file."""
    address = f"{path.resolve().as_uri()}?mode=ro"
    try:
        with contextlib.closing(sqlite3.connect(address, uri=True)) as other:
            found = other.execute("SELECT name FROM sqlite_master WHERE type IN ('table', 'view')").fetchall()
            rows = other.execute(query or _only([row[0] for row in found], name))
            names = [column[0] for column in rows.description or []]
            if not names:
                raise UsageError(f"--query makes no rows of {name}: write a SELECT")
            if len(set(names)) < len(names):
                raise DataError(f"{name}: the query gives two columns one name", exit_code=USAGE)
            return written(workplace, name, names, enumerate(rows, 1), table)
    except (sqlite3.Error, sqlite3.Warning) as error:
        raise UsageError(_cannot(name, query, error)) from None


def _only(tables: list[str], name: str) -> str:
    """Return the query of the only table."""
    if len(tables) != 1:
        listed = ", ".join(sorted(tables)) or "nothing"
        raise UsageError(
            f"{name} is a database with {listed}: say what to read, --query 'SELECT ... FROM ...'"
        )
    return f"SELECT * FROM {quoted(tables[0])}"


def _cannot(name: str, query: str | None, error: Exception) -> str:
    """Return that a query cannot be done."""
    first = str(error).splitlines()[0] if str(error) else type(error).__name__
    return (
        f"--query '{query}' cannot be asked of {name}: {first}"
        if query
        else f"{name} cannot be read: {first}"
    )
