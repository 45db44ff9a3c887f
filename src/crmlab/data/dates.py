"""Reading dates that people wrote: ISO at once, day/month order only where it cannot be mistaken."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import pandas as pd
import pyarrow as pa

from crmlab.data.bench import Bench
from crmlab.data.faults import Fault, seen
from crmlab.errors import UsageError

CLOCK: Final = r"(?:[ T](?:[01]?\d|2[0-3]):\d{2}(?::\d{2}(?:\.\d{1,6})?)?)?"
ISO: Final = rf"\d{{4}}(?:-\d{{1,2}}-|/\d{{1,2}}/)\d{{1,2}}{CLOCK}"
ISO_OTHERWISE: Final = rf"\d{{4}}(?:\.\d{{1,2}}\.\d{{1,2}}|\d{{2,4}}){CLOCK}"
ANY_CLOCK: Final = r"(?:[ T]\d{1,2}:\d{2}(?::\d{2}(?:\.\d{1,6})?)?)?"
SLASHED: Final = r"\d{1,2}(?:/\d{1,2}/|-\d{1,2}-|\.\d{1,2}\.)\d{4}"
PARTS: Final = r"^(\d{1,2})[-/.](\d{1,2})[-/.](\d{4})"
YEARS: Final = (1970, 2100)
FAR: Final = f"year(timestamp) NOT BETWEEN {YEARS[0]} AND {YEARS[1]}"
TOO_FAR: Final = f"is not in the years {YEARS[0]} to {YEARS[1]}"
NO_DATE: Final = (
    "is not a date (write 2024-12-31 or 2024-12-31 23:59:59, no time zone, or give --date-format)"
)
HINT: Final = "say which: --date-format '%d/%m/%Y' (day first) or '%m/%d/%Y' (month first)"
AT_ONCE: Final = 100_000
"""Different dates that pass through Python together."""


@dataclass(frozen=True)
class Reading:
    """How the text `timestamp` of the step `read` becomes a time.

    sql: the time, null where the text is none; join: what has to be joined for it; what: what is wrong with a
    text that is none; faults: why the dates of the file cannot be read at all.
    """

    sql: str
    join: str = ""
    what: str = NO_DATE
    faults: tuple[Fault, ...] = field(default=())


def reading(workplace: Bench, date_format: str | None, *, slashed: bool) -> Reading:
    """Return how the dates of the step `read` are read. slashed: what ANY_SLASHED says of them.

    Without a format, ISO dates and times are read, and day/month/year in the order that at least
    one value proves (a part above 12). An order that nothing proves, or that values contradict, is
    refused. Raises UsageError for a format that strptime does not know.
    """
    if date_format:
        _write_down(workplace, date_format)
        join = "LEFT JOIN dates_by_format AS d ON read.timestamp = d.text"
        return Reading("d.time", join, f"is not a date of the form '{date_format}'")
    if slashed:
        return _in_order(workplace, _matches(SLASHED + ANY_CLOCK))
    dashed = r"regexp_replace(timestamp, '^(\d{4})\.?(\d{1,2})\.?(\d{1,2})', '\1-\2-\3')"
    return Reading(
        f"CASE WHEN {_matches(ISO)} THEN try_cast(timestamp AS TIMESTAMP) "
        f"WHEN {_matches(ISO_OTHERWISE)} THEN try_cast({dashed} AS TIMESTAMP) END"
    )


def _in_order(workplace: Bench, slashed: str) -> Reading:
    """Return how dates with the year last are read: in the order that the values prove."""
    first, second = (f"regexp_extract(timestamp, '{PARTS}', {i})::INT > 12" for i in (1, 2))
    day_first, month_first = (f"CASE WHEN {slashed} THEN {part} ELSE false END" for part in (first, second))
    ((days, months),) = workplace.run(
        f"SELECT count(*) FILTER ({day_first}), count(*) FILTER ({month_first}) FROM read"
    )
    if days and months:
        what = f"contradicts the order of day and month in other lines: {HINT}"
        fewer = day_first if days < months else month_first
        return _refused(seen(workplace, what, "timestamp", fewer))
    if not days and not months:
        what = f"can be read as day/month or as month/day: {HINT}"
        return _refused(seen(workplace, what, "timestamp", slashed))
    order = r"\3-\2-\1" if days else r"\3-\1-\2"
    iso = f"regexp_replace(timestamp, '{PARTS}', '{order}')"
    return Reading(f"CASE WHEN {_matches(SLASHED + CLOCK)} THEN try_cast({iso} AS TIMESTAMP) END")


def _refused(fault: Fault) -> Reading:
    """Return a reading that reads nothing."""
    return Reading("NULL::TIMESTAMP", faults=(fault,))


def _matches(form: str) -> str:
    """Return the condition that the whole text has a form; a missing text has none."""
    return f"coalesce(regexp_full_match(timestamp, '{form}'), false)"


def _write_down(workplace: Bench, date_format: str) -> None:
    """Write each different date of the file down with its time, by one strptime format."""
    workplace.run("CREATE OR REPLACE TABLE dates_by_format (text VARCHAR, time TIMESTAMP)")
    different = "SELECT DISTINCT timestamp FROM read WHERE timestamp IS NOT NULL"
    for batch in workplace.batches(different, AT_ONCE):
        values = batch.column(0).to_pandas()
        try:
            times = pd.to_datetime(values, format=date_format, exact=True, errors="coerce")
            times = times.astype("datetime64[us]")
        except (ValueError, TypeError) as error:
            raise UsageError(f"--date-format '{date_format}' cannot be used: {error}") from None
        table = pa.table({"text": batch.column(0), "time": pa.array(times, pa.timestamp("us"))})
        workplace.connection.register("some_dates", table)
        workplace.run("INSERT INTO dates_by_format SELECT * FROM some_dates")
        workplace.connection.unregister("some_dates")


ANY_SLASHED: Final = f"bool_or({_matches(SLASHED + ANY_CLOCK)})"
"""Asks whether any date has its year last."""
