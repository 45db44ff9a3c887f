"""Delimited text as the first step of a bench: read by the engine, every value text, every row whole."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final, TypeVar

import pyarrow as pa
import pyarrow.csv

from crmlab.data.bench import NUMBER, Bench, Step, is_full, quoted, text
from crmlab.data.formats.bytes_of_it import ALL_KINDS, Bytes, kinds_of_bytes
from crmlab.data.formats.delimited import first_fault
from crmlab.errors import USAGE, DataError

Made = TypeVar("Made")

BLANKS: Final = "".join(chr(i) for i in range(0x3001) if chr(i).isspace())
"""What text is stripped of."""

NO_TEXT: Final = "\x01"
"""Stands for null in a file, so that what is empty is read as empty."""


TIME_OF_DAY: Final = "time_of_day"
"""The field of a column that holds the time of the day `timestamp`."""

MIDNIGHT: Final = r"[ T]00:00(?::00(?:\.0+)?)?$"
DAY_ZERO: Final = r"^(?:1899-12-3[01]|1900-01-0[01])[ T]"
WHOLE_TIME: Final = f"""CASE WHEN {TIME_OF_DAY} IS NULL THEN timestamp ELSE
    regexp_replace(timestamp, '{MIDNIGHT}', '') || ' ' ||
    regexp_replace({TIME_OF_DAY}, '{DAY_ZERO}', '') END"""
"""Date and time of day as one text; spreadsheets give each the other's zero."""


def read(
    workplace: Bench,
    path: Path,
    names: list[str],
    chosen: Mapping[str, str],
    separator: str,
    then: Callable[[], Made],
    *,
    header: bool = True,
    called: str | None = None,
    above: int = 0,
    found: Bytes | None = None,
) -> Made:
    """Do the step `read`: the chosen columns of a file as text without blanks around it, '' as null.

    names: all columns of the file. chosen: {field: column name}. then: makes something of the step and counts
    its lines; it has to look at the whole file, and is done again where the engine refuses a file that is
    whole. header: whether the first line names the columns. called, above: how errors call the file, and how
    many lines stand above it where it is a part of another. found: what its bytes are, where they were looked
    at already. Return what `then` returns. Raises DataError,
    naming the line, where a row has too many or too few values, or the file is not UTF-8 text.
    """
    import duckdb

    # a link of our own: what the file is called must not be taken for a pattern or a packed file
    link = workplace.folder / f"file{len(list(workplace.folder.iterdir()))}"
    link.symlink_to(path.resolve())
    workplace.sizes.append(path.stat().st_size)
    places = [f"c{i}" for i in range(len(names))]
    columns = ", ".join(f"'{place}': 'VARCHAR'" for place in places)
    source = f"""read_csv({text(str(link))}, auto_detect=false, header={header}, compression='none',
        columns={{{columns}}}, delim={text(separator)}, quote='"', escape='"', nullstr={text(NO_TEXT)},
        strict_mode=true)"""
    found = (found or kinds_of_bytes(path)).parted_by(separator)
    others = (
        []
        if found.plain
        else [place for place, n in zip(places, names, strict=True) if n not in chosen.values()]
    )
    try:
        if others:
            # the engine decodes what is asked for: text that is not UTF-8 is refused wherever it stands
            workplace.run(f"SELECT {', '.join(f'count({place})' for place in others)} FROM {source}")
        _do(workplace, source, names, chosen, found)
        return then()
    except duckdb.Error as error:
        if is_full(error):
            raise
        fault = first_fault(path, names, separator=separator, called=called, above=above)
        if fault:
            raise DataError(fault, exit_code=USAGE) from None
        # whole for all that: ends of lines of two sorts, or text after a closing quote
        _read_by_arrow(workplace, path, places, separator, str(error), header=header)
        _do(workplace, "file", names, chosen, ALL_KINDS)
        return then()


def _do(workplace: Bench, source: str, names: list[str], chosen: Mapping[str, str], found: Bytes) -> None:
    """Do the step `read` from a source."""
    workplace.marks.append(found.marks)
    fields = "".join(
        f", {stripped(f'c{names.index(column)}', found)} AS {quoted(field)}"
        for field, column in chosen.items()
    )
    do_read(workplace, fields, source, chosen)


def do_read(workplace: Bench, fields: str, source: str, chosen: Mapping[str, str]) -> None:
    """Do the step `read`: numbered lines with the fields of a source, date and time of day in one."""
    select = f"SELECT row_number() OVER () AS {NUMBER}{fields} FROM {source}"
    if TIME_OF_DAY in chosen:
        select = f"SELECT * EXCLUDE ({TIME_OF_DAY}) REPLACE ({WHOLE_TIME} AS timestamp) FROM ({select})"
    workplace.do(Step("read", select), lines=0)


def stripped(column: str, found: Bytes) -> str:
    """Return the SQL of a text without blanks around it, null where nothing is left.

    Trimming by a long list of characters is slow, and hardly a value begins or ends with one of them.
    """
    if found.plain:
        blanks = " \t\r\n" if found.quoted else " "
        ends = [f"{column} >= '!'", *(f"NOT ends_with({column}, {text(blank)})" for blank in blanks)]
    else:
        ends = [f"{end}({column}, 1) BETWEEN '!' AND '~'" for end in ("left", "right")]
    return f"CASE WHEN {' AND '.join(ends)} THEN {column} ELSE nullif(trim({column}, {text(BLANKS)}), '') END"


def _read_by_arrow(
    workplace: Bench, path: Path, places: list[str], separator: str, engine_says: str, *, header: bool
) -> None:
    """Write a file down as text columns that are called `places`, by arrow's more lenient reader."""
    try:
        reader = pa.csv.open_csv(
            path,
            read_options=pa.csv.ReadOptions(column_names=places, skip_rows=int(header)),
            parse_options=pa.csv.ParseOptions(delimiter=separator, newlines_in_values=True),
            convert_options=pa.csv.ConvertOptions(
                column_types=dict.fromkeys(places, pa.string()), strings_can_be_null=False
            ),
        )
        workplace.connection.register("by_arrow", reader)
        workplace.run("CREATE OR REPLACE TABLE file AS SELECT * FROM by_arrow")
    except pa.ArrowInvalid as error:
        raise DataError(f"{path.name}: {error} ({engine_says.splitlines()[0]})", exit_code=USAGE) from None
    workplace.connection.unregister("by_arrow")
