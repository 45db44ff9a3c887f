"""Write a data set as one DuckDB file and as Parquet, all or nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import duckdb

from crmlab import store
from crmlab.data.bench import is_full, quoted, text
from crmlab.data.described import described
from crmlab.data.fingerprints import check_whole, fingerprint
from crmlab.desk.export.dictionary import dictionary
from crmlab.desk.export.results import results
from crmlab.desk.export.views import SHOP, views
from crmlab.errors import DataError, UsageError

DICTIONARY: Final = "data_dictionary"
PARQUET: Final = "parquet"


def export(dataset: str, *, to: Path | None = None) -> Path:
    """Write a data set's tables, views, lists, scores and a data dictionary; return the folder.

    In it `<dataset>.duckdb` has the canonical tables in the schema `shop`, and in the main schema the views
    `orders`, `customer_summary` and `daily_ledger`, the tables `lists`, `scores`, `boards` and
    `data_dictionary`. `parquet/` has each of them as a file. to: where the folder is made, by default
    `exports/` of the project. An earlier export of the same name is replaced; nothing is changed where this
    one fails. Raises UsageError for a folder that holds something else, DataError where tables were damaged
    or the disk is full.
    """
    known = fingerprint(dataset)["tables"]
    check_whole(dataset, known)
    folder = (to or store.project() / "exports") / store.confined(dataset)
    _refuse_strange(folder, dataset)
    with store.room_for(f"the export of {dataset}"), store.replacing_folder(folder) as part:
        try:
            with duckdb.connect(str(part / f"{dataset}.duckdb")) as connection:
                _fill(connection, dataset, known)
                _write_parquet(connection, part / PARQUET)
        except duckdb.Error as error:
            if is_full(error):
                raise DataError(
                    f"no room for the export of {dataset} ({str(error).splitlines()[0]}): nothing was changed"
                ) from None
            raise
    return folder


def _refuse_strange(folder: Path, dataset: str) -> None:
    """Raise UsageError where a folder that would be replaced is no earlier export."""
    is_filled = folder.is_dir() and any(folder.iterdir())
    if folder.is_file() or (is_filled and not (folder / f"{dataset}.duckdb").is_file()):
        raise UsageError(f"{folder} is there and is no export of {dataset}: choose another folder with --to")


def _fill(connection: duckdb.DuckDBPyConnection, dataset: str, known: dict[str, Any]) -> None:
    """Put tables, views, results and the dictionary into a database."""
    connection.execute(f"SET threads = 2; CREATE SCHEMA {SHOP}")
    for table in known:
        file = store.tables_folder(dataset) / f"{table}.parquet"
        connection.execute(
            f"CREATE TABLE {SHOP}.{quoted(table)} AS SELECT * FROM read_parquet({text(str(file))})"
        )
    profile = [c for c in known.get("customers", {}).get("columns", {}) if c != "customer"]
    made = views(known, profile)
    for view, select in made.items():
        connection.execute(f"CREATE VIEW {quoted(view)} AS {select}")
    computed = results(dataset)
    for name, frame in computed.items():
        connection.register("frame", store.as_arrow(frame))
        connection.execute(f"CREATE TABLE {quoted(name)} AS SELECT * FROM frame")
        connection.unregister("frame")
    shown = {name: _columns(connection, name) for name in (*made, *computed)}
    whole = {table: _columns(connection, f"{SHOP}.{quoted(table)}") for table in known} | shown
    connection.register("frame", store.as_arrow(dictionary(whole, described(dataset), known)))
    connection.execute(f"CREATE TABLE {DICTIONARY} AS SELECT * FROM frame")
    connection.unregister("frame")


def _columns(connection: duckdb.DuckDBPyConnection, name: str) -> dict[str, str]:
    """Return {column: its type} of a table or view."""
    return {row[0]: row[1] for row in connection.execute(f"DESCRIBE SELECT * FROM {name}").fetchall()}


def _write_parquet(connection: duckdb.DuckDBPyConnection, folder: Path) -> None:
    """Write every table and view as a parquet file; canonical tables under `shop.<name>`."""
    folder.mkdir()
    listed = connection.execute(
        "SELECT table_schema, table_name FROM information_schema.tables ORDER BY 1, 2"
    ).fetchall()
    for schema, name in listed:
        prefix = f"{SHOP}." if schema == SHOP else ""
        target = text(str(folder / f"{prefix}{name}.parquet"))
        source = f"{quoted(schema)}.{quoted(name)}"
        connection.execute(f"COPY (SELECT * FROM {source}) TO {target} (FORMAT parquet, COMPRESSION zstd)")
