"""Times by a format that the user gave, as Python's strptime reads it."""

from __future__ import annotations

import datetime as dt
from typing import Final

import pandas as pd
import pyarrow as pa

from crmlab.data.bench import Bench, quoted
from crmlab.errors import UsageError

AT_ONCE: Final = 100_000
"""Different texts that pass through Python together."""


def write_down(workplace: Bench, name: str, table: str, date_format: str) -> None:
    """Write each different text of a field down with its time on the wall and its zone, by one format.

    Raises UsageError for a format that strptime does not know.
    """
    workplace.run(
        f"CREATE OR REPLACE TABLE {quoted(table)} "
        "(text VARCHAR, n BIGINT, kind VARCHAR, wall TIMESTAMP, zone INT)"
    )
    different = f"SELECT {name} AS text, count(*) AS n FROM read WHERE {name} IS NOT NULL GROUP BY 1"
    zoned = "%z" in date_format
    for batch in workplace.batches(different, AT_ONCE):
        values = batch.column(0).to_pandas()
        try:
            walls, zones = (_zoned if zoned else _plain)(values, date_format)
        except (ValueError, TypeError) as error:
            raise UsageError(f"--date-format '{date_format}' cannot be used: {error}") from None
        some = pa.table({"text": batch.column(0), "n": batch.column(1), "wall": walls, "zone": zones})
        workplace.connection.register("some_times", some)
        workplace.run(f"INSERT INTO {quoted(table)} SELECT text, n, 'format', wall, zone FROM some_times")
        workplace.connection.unregister("some_times")


def _plain(values: pd.Series, date_format: str) -> tuple[pa.Array, pa.Array]:
    """Return times without a zone; null where the text does not have the format."""
    times = pd.to_datetime(values, format=date_format, exact=True, errors="coerce").astype("datetime64[us]")
    return pa.array(times, pa.timestamp("us")), pa.nulls(len(values), pa.int32())


def _zoned(values: pd.Series, date_format: str) -> tuple[pa.Array, pa.Array]:
    """Return times on the wall, and the minutes that each says it is ahead of UTC."""
    dt.datetime.now(dt.UTC).strftime(date_format)
    times = [_time(value, date_format) for value in values]
    walls = [t and t.replace(tzinfo=None) for t in times]
    ahead = [t.utcoffset() if t is not None else None for t in times]
    zones = [None if shift is None else int(shift.total_seconds() // 60) for shift in ahead]
    return pa.array(walls, pa.timestamp("us")), pa.array(zones, pa.int32())


def _time(value: str, date_format: str) -> dt.datetime | None:
    """Return the time of a text, None where it does not have the format."""
    try:
        return dt.datetime.strptime(value, date_format)
    except ValueError as error:
        if "format" in str(error) and "bad directive" in str(error):
            raise
        return None
