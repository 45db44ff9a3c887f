"""Opening whatever a user names: a file of any known format, several alike, or a frame."""

from __future__ import annotations

import glob
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

from crmlab.data.bench import NUMBER, Bench
from crmlab.data.formats import databases, frames, json_lines, packed, plain_text, workbook
from crmlab.data.formats.source import Made, Source, Table, check_different, table_of
from crmlab.data.reading import NOTHING_SAID, Reading
from crmlab.errors import USAGE, DataError, UsageError

PARQUET: Final = b"PAR1"
PAGES: Final = (b"<!doctype", b"<html", b"<table", b"<?xml")
ENDINGS: Final = (
    *(".csv", ".tsv", ".txt", ".tab", ".psv", ".parquet", ".pq", ".jsonl", ".ndjson", ".json"),
    *(".xlsx", ".xlsm", ".xlsb", ".xls", ".ods", ".gz", ".bz2", ".xz", ".zip"),
)
"""What files of a folder are read."""


def opened(workplace: Bench, given: Any, reading: Reading = NOTHING_SAID) -> Source:
    """Return what a user gave open: its columns by name, and a way to do the step `read` of them as text.

    given: a path to a file, a folder of files with the same columns, a pattern ('orders/*.csv'), or a frame
    of pandas, Polars, arrow, DuckDB or Ibis. Raises UsageError for what is not there, DataError for what
    cannot be read.
    """
    if not isinstance(given, (str, Path)):
        return frames.opened(workplace, given, "given")
    paths = paths_of(given)
    sources = [_file(workplace, path, reading, f"given{i}") for i, path in enumerate(paths)]
    return sources[0] if len(sources) == 1 else _together(workplace, sources, str(given))


def paths_of(given: str | Path) -> list[Path]:
    """Return the files that a path, a folder or a pattern means, by name."""
    path = Path(given)
    if path.is_file():
        return [path]
    if path.is_dir():
        found = sorted(p for p in path.iterdir() if p.is_file() and p.name.lower().endswith(ENDINGS))
        if not found:
            raise UsageError(f"the folder '{given}' holds no file of {', '.join(ENDINGS)}")
        return found
    found = sorted(Path(p) for p in glob.glob(str(given), recursive=True) if Path(p).is_file())  # noqa: PTH207
    if not found:
        raise UsageError(f"there is no file '{given}'")
    return found


def _file(workplace: Bench, path: Path, reading: Reading, table: str) -> Source:
    """Return one file open, by what its first bytes say it is."""
    name = path.name
    path, name = packed.unpacked(path, name, workplace.folder / f"unpacked_{table}")
    with path.open("rb") as file:
        start = file.read(64)
    kind, way = _kind(path, name, start)
    _check_options(kind, name, reading)
    if way is not None:
        return way(workplace, path, name, reading, table)
    if start.lstrip(b"\xef\xbb\xbf \t\r\n").lower().startswith(PAGES):
        raise DataError(
            f"{name} is a page of HTML or XML, not a table: export it as CSV or Excel", exit_code=USAGE
        )
    if start.startswith(b"%PDF"):
        raise DataError(f"{name} is a PDF, not a table: export it as CSV or Excel", exit_code=USAGE)
    return plain_text.opened(workplace, path, name, reading)


Way = Callable[[Bench, Path, str, Reading, str], Source]


def _kind(path: Path, name: str, start: bytes) -> tuple[str, Way | None]:
    """Return what a file is, and how it is opened (None: as text)."""
    if start.startswith((packed.ZIP, workbook.OLD)):
        return "workbook", workbook.opened
    if databases.is_database(start):
        return "database", lambda w, p, n, r, t: databases.opened(w, p, n, r.query, t)
    if start.startswith(PARQUET):
        return "parquet", lambda w, p, n, r, t: _parquet(w, p, n, t)
    if json_lines.is_json(path, name):
        return "json", lambda w, p, n, r, t: json_lines.opened(w, p, n, t)
    return "text", None


def _check_options(kind: str, name: str, reading: Reading) -> None:
    """Refuse options that say something about files of another kind."""
    of_kind: Mapping[str, tuple[str, ...]] = {
        "--sheet": ("workbook",),
        "--query": ("database",),
        "--encoding": ("text",),
        "--separator": ("text",),
        "--names": ("text", "workbook"),
        "--header-line": ("text", "workbook"),
    }
    said = (
        reading.sheet,
        reading.query,
        reading.encoding,
        reading.separator,
        reading.names,
        reading.header_line,
    )
    for (option, kinds), answer in zip(of_kind.items(), said, strict=True):
        if answer and kind not in kinds:
            raise UsageError(f"{option} is for files of {' and '.join(kinds)}, and {name} is one of {kind}")


def _parquet(workplace: Bench, path: Path, name: str, table: str) -> Table:
    """Return a Parquet file open."""
    import duckdb

    # a link of our own: what the file is called must not be taken for a pattern
    link = workplace.folder / f"link_{table}"
    link.symlink_to(path.resolve())
    try:
        check_different(pq.read_schema(path).names, name)  # the engine would number those of one name
        return table_of(workplace, f"read_parquet('{link}')", table, name=name)
    except (duckdb.Error, pa.ArrowException) as error:
        raise DataError(
            f"{name} is not a whole Parquet file: {str(error).splitlines()[0]}", exit_code=USAGE
        ) from None


@dataclass
class _Files:
    """Several files with the same columns, one after the other."""

    name: str
    names: list[str]
    sources: Sequence[Source]

    def read(self, workplace: Bench, chosen: Mapping[str, str], then: Callable[[], Made]) -> Made:
        """Do the step `read` (see Source)."""
        columns = {f"c{i}": name for i, name in enumerate(self.names)}
        typed = ", ".join(f"{c} VARCHAR" for c in columns)
        workplace.run(f"CREATE OR REPLACE TABLE files (file INT, line BIGINT, place VARCHAR, {typed})")
        for place, source in enumerate(self.sources):
            copy = f"INSERT INTO files SELECT {place}, {NUMBER}, NULL, {', '.join(columns)} FROM read"
            source.read(workplace, columns, lambda copy=copy: workplace.run(copy))
        return Table(self.name, self.names, "files").read(workplace, chosen, then)

    def where(self, workplace: Bench, rows: Sequence[int]) -> list[str]:
        """Return the files and lines of rows."""
        numbers = ", ".join(str(row + 1) for row in rows) or "NULL"
        numbered = f"SELECT row_number() OVER () AS {NUMBER}, file, line FROM files"
        found = workplace.run(
            f"SELECT file, line FROM ({numbered}) WHERE {NUMBER} IN ({numbers}) ORDER BY {NUMBER}"
        )
        return [
            f"{self.sources[file].name} {self.sources[file].where(workplace, [line - 1])[0]}"
            for file, line in found
        ]


def _together(workplace: Bench, sources: Sequence[Source], name: str) -> Source:
    """Return several files as one; raises DataError where one has other columns than the first."""
    first = sources[0]
    for other in sources[1:]:
        missing = [n for n in first.names if n not in other.names]
        more = [n for n in other.names if n not in first.names]
        if missing or more:
            says = [f"lacks {', '.join(missing)}"] * bool(missing) + [f"has {', '.join(more)}"] * bool(more)
            raise DataError(
                f"{other.name} {' and '.join(says)} (beside {first.name}): bring files with the same columns",
                exit_code=USAGE,
            )
    workplace.said.append(f"{len(sources)} files read: {', '.join(s.name for s in sources[:10])}")
    return _Files(name, first.names, sources)
