"""The engine: DuckDB behind Ibis, chosen in this one place."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from crmlab.errors import DataError
from crmlab.store.data_places import fingerprint_file, tables_folder
from crmlab.store.files import read_json
from crmlab.store.project import show

if TYPE_CHECKING:
    import ibis

NAMED: Final = 5
"""So many columns that are odd a message names."""


def engine() -> ibis.BaseBackend:
    """Return a fresh in-memory DuckDB behind Ibis: the one place where the engine is chosen."""
    import ibis

    connection = ibis.duckdb.connect(threads=2, memory_limit="4GB")
    # an instance attribute: the backend of ibis 12 keeps every table from memory registered for good
    connection.to_pyarrow = functools.partial(_without_leftovers, connection, connection.to_pyarrow)
    return connection


def _without_leftovers(connection: Any, run: Callable[..., Any], expression: Any, **options: Any) -> Any:
    """Run an expression and let go of the tables from memory that it read; the next one registers its own."""
    import ibis.expr.operations as ops

    try:
        return run(expression, **options)
    finally:
        for table in expression.op().find(ops.InMemoryTable):
            if table in connection._memtables:
                connection.con.unregister(table.name)
                connection._memtables.discard(table)


def open_tables(dataset: str, connection: ibis.BaseBackend) -> dict[str, ibis.Table]:
    """Return a data set's canonical tables as Ibis tables, by name.

    Raises DataError when the tables were not made yet, and for a file that is damaged or another's.
    """
    files = sorted(tables_folder(dataset).glob("*.parquet"))
    if not files:
        raise DataError(f"no tables of '{dataset}': run `crmlab tables {dataset}` first")
    known = {}
    if fingerprint_file(dataset).is_file():
        made_by = f"crmlab tables {dataset}"
        known = read_json(fingerprint_file(dataset), made_by=made_by, holding=["tables"])["tables"]
    return {f.stem: _opened(f, connection, dataset, known.get(f.stem, {})) for f in files}


def _opened(
    file: Path, connection: ibis.BaseBackend, dataset: str, described: Mapping[str, Any]
) -> ibis.Table:
    """Return one table. Raises DataError where it cannot be read or has not the columns described."""
    import duckdb

    again = f"run `crmlab tables {dataset}` again (your own data: with `--csv FILE`)"
    try:
        table = connection.read_parquet(file, table_name=file.stem)
    except duckdb.Error as error:
        words = str(error).splitlines()[0]
        raise DataError(f"{show(file)} cannot be read ({words}): {again}") from None
    columns = set(described.get("columns", table.columns))
    if columns != set(table.columns):
        odd = ", ".join(sorted(columns ^ set(table.columns))[:NAMED])
        raise DataError(f"{show(file)} is not the table that its fingerprint describes ({odd}): {again}")
    return table
