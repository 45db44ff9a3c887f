"""The bench on which files become tables: DuckDB, and named steps of SQL that count their lines."""

from __future__ import annotations

import contextlib
import errno
import os
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from crmlab.errors import DataError

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

NUMBER: Final = "number"
"""The column that counts lines from 1: the rows of a file in its order, or of a frame."""

NO_ROOM: Final = (*map(os.strerror, (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)), "Out of Memory")
"""How the engine says that the disk or the memory is full."""

MEMORY: Final = "500MB"
"""What the engine may hold; beyond it, it writes to the bench's own folder."""


@dataclass(frozen=True)
class Step:
    """One step: its name, under which later steps read its lines, and the SELECT that makes them.

    kept: its lines are written down, as several later steps read them; else they are made anew each time.
    filed: they are written to a file: of many lines a table would leave no memory for what is done with them.
    """

    name: str
    sql: str
    kept: bool = False
    filed: bool = False


@dataclass(frozen=True)
class Bench:
    """A database with a folder of its own, and how many lines each step has made so far, in order."""

    connection: duckdb.DuckDBPyConnection
    folder: Path = Path()
    counts: dict[str, int] = field(default_factory=dict)
    said: list[str] = field(default_factory=list)
    """What a user should know of how the file was read."""
    marks: list[frozenset[str]] = field(default_factory=list)
    """Of each text that was read, which marks it holds (see formats.bytes_of_it)."""
    sizes: list[int] = field(default_factory=list)
    """Of each text file that was read, its bytes."""

    def do(self, step: Step, *, lines: int | None = None) -> int:
        """Do one step and return its count of lines; `lines` is the count where it is known already."""
        sql = self._filed(step) if step.filed else step.sql
        kind = "TABLE" if step.kept else "VIEW"
        self.run(f"CREATE OR REPLACE {kind} {quoted(step.name)} AS {sql}")
        if lines is None:
            ((lines,),) = self.run(f"SELECT count(*) FROM {quoted(step.name)}")
        self.counts[step.name] = lines
        return lines

    def _filed(self, step: Step) -> str:
        """Write the lines of a step to a file; return the SELECT that reads them."""
        file = text(str(self.folder / f"{step.name}{len(list(self.folder.iterdir()))}.parquet"))
        self.run(f"COPY ({step.sql}) TO {file} (FORMAT parquet, COMPRESSION lz4)")
        return f"SELECT * FROM read_parquet({file})"

    def run(self, sql: str) -> list[tuple[Any, ...]]:
        """Return the rows of a statement, all of them."""
        return self.connection.execute(sql).fetchall()

    def row(self, sql: str) -> dict[str, Any]:
        """Return the one row of a query, by column."""
        done = self.connection.execute(sql)
        names = [column[0] for column in done.description]
        (values,) = done.fetchall()
        return dict(zip(names, values, strict=True))

    def may_have(self, mark: str) -> bool:
        """Tell whether a value may hold a mark: not where all that was read was looked at and has none."""
        return not self.marks or any(mark in some for some in self.marks)

    def batches(self, sql: str, rows: int) -> pa.RecordBatchReader:
        """Return what a query makes as record batches of so many rows, which may be read between others."""
        cursor = self.connection.cursor()
        cursor.execute("SET enable_progress_bar = false").fetchall()
        return cursor.sql(sql).to_arrow_reader(rows)


@contextlib.contextmanager
def bench(folder: Path) -> Iterator[Bench]:
    """Yield a bench in a new folder inside `folder`, which is removed with all that was put there.

    Raises DataError where the disk is full.
    """
    import duckdb

    with tempfile.TemporaryDirectory(prefix=".bench.", dir=folder, ignore_cleanup_errors=True) as own:
        settings: Mapping[str, Any] = {
            "threads": 2,
            "memory_limit": MEMORY,
            "temp_directory": own,
            "preserve_insertion_order": True,
        }
        # in memory, and in the folder what the memory does not hold: a file of a database costs twice as much
        with duckdb.connect(config=dict(settings)) as connection:
            connection.execute("SET enable_progress_bar = false").fetchall()
            try:
                yield Bench(connection, Path(own))
            except duckdb.Error as error:
                if not is_full(error):
                    raise
                first = str(error).splitlines()[0]
                raise DataError(f"no room to work ({first}): nothing was changed") from error


def is_full(error: Exception) -> bool:
    """Tell whether an error of the engine says that the disk or the memory is full."""
    return any(words in str(error) for words in NO_ROOM)


def quoted(name: str) -> str:
    """Return a name as SQL takes it whatever it holds."""
    return '"' + name.replace('"', '""') + '"'


def text(value: str) -> str:
    """Return a text as a SQL literal."""
    return "'" + value.replace("'", "''") + "'"
