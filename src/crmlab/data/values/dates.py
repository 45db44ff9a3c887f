"""Reading times that people and machines wrote: one form per column, which the column itself decides."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from crmlab.data.bench import Bench, quoted, text
from crmlab.data.faults import Fault, seen
from crmlab.data.reading import Reading, said_of
from crmlab.data.values import date_order, zones
from crmlab.data.values.date_forms import CLOCKED, FAMILIES, FORMS, MONTH_ONLY, WALLS, ZERO, ZONE
from crmlab.data.values.strptime import write_down

CLOCK: Final = r"(?:[ T](?:[01]?\d|2[0-3]):\d{2}(?::\d{2}(?:\.\d{1,6})?)?)?"
ISO: Final = rf"\d{{4}}(?:-\d{{1,2}}-|/\d{{1,2}}/)\d{{1,2}}{CLOCK}"
ISO_OTHERWISE: Final = rf"\d{{4}}(?:\.\d{{1,2}}\.\d{{1,2}}|\d{{4}}){CLOCK}"
NO_DATE: Final = "is not a date (write 2024-12-31 or 2024-12-31 23:59:59, or give --date-format)"


@dataclass(frozen=True)
class Times:
    """How the text of a field becomes times.

    sql: the time, null where the text is none; join: what has to be joined for it; what: what is wrong with a
    text that is none; faults: why the column cannot be read at all; said: what a user should know.
    """

    sql: str
    join: str = ""
    what: str = NO_DATE
    faults: tuple[Fault, ...] = field(default=())
    said: tuple[str, ...] = ()


def asked(name: str) -> str:
    """Return the SQL that asks lines what the times of a field are like: 'iso' or 'closer'."""
    iso = f"{_matches(name, ISO)} OR {_matches(name, ISO_OTHERWISE)} OR {name} IS NULL"
    return f"CASE WHEN coalesce(bool_and({iso}), true) THEN 'iso' ELSE 'closer' END"


def at_once(name: str) -> Times:
    """Return how a field is read of which the first lines are ISO dates without a zone."""
    dashed = rf"regexp_replace({name}, '^(\d{{4}})\.?(\d{{1,2}})\.?(\d{{1,2}})', '\1-\2-\3')"
    return Times(
        f"CASE WHEN {_matches(name, ISO)} THEN try_cast({name} AS TIMESTAMP) "
        f"WHEN {_matches(name, ISO_OTHERWISE)} THEN try_cast({dashed} AS TIMESTAMP) END"
    )


def closer(workplace: Bench, name: str, reading: Reading) -> Times:
    """Return how a field is read after a look at all its different texts in the step `read`.

    All are of one family of forms: ISO, year last, names of months, day numbers of spreadsheets, seconds or
    milliseconds since 1970. The order of day and month is the one that values prove; zones see `zones`.
    Raises UsageError for a format that strptime does not know.
    """
    table = f"times_of_{name}"
    date_format = said_of(reading.date_format, name)
    order = date_order.meant_by(date_format)
    what = NO_DATE
    if date_format and not order:
        write_down(workplace, name, table, date_format)
        what = f"is not a date of the form '{date_format}'"
    else:
        faults = _written_down(workplace, name, table, order, reading, only=date_order.kind_of(date_format))
        what = f"is not a date of the form '{date_format}'" if date_order.kind_of(date_format) else what
        if faults:
            return Times("NULL::TIMESTAMP", faults=faults)
    decided = zones.decided(workplace, name, table, reading)
    if decided.faults:
        return Times("NULL::TIMESTAMP", faults=decided.faults)
    alias = f"t_{name}"
    join = f"LEFT JOIN {quoted(table)} AS {alias} ON read.{name} = {alias}.text"
    said = (*_said(workplace, name, table), *decided.said)
    return Times(decided.sql.format(t=alias), join, what, said=said)


def _written_down(
    workplace: Bench, name: str, table: str, order: str | None, reading: Reading, *, only: str | None
) -> tuple[Fault, ...]:
    """Write each different text down with the time on the wall and the zone; return why that cannot be done.

    order: of day, month and year, where it was said; only: the one form that was asked for.
    """
    kinds = " ".join(
        f"WHEN regexp_full_match(text, {text(form)}) THEN '{kind}'" for kind, form in FORMS.items()
    )
    workplace.run(f"""
        CREATE OR REPLACE TABLE some_texts AS
        WITH texts AS (SELECT {name} AS text, count(*) AS n FROM read WHERE {name} IS NOT NULL GROUP BY ALL)
        SELECT text, n, CASE {kinds} ELSE 'none' END AS kind FROM texts""")
    if only:
        workplace.run(f"UPDATE some_texts SET kind = 'none' WHERE kind <> '{only}'")
    faults = _no_date_at_all(workplace, name, reading)
    if faults:
        return faults
    if order is None:
        order, faults = date_order.proved(workplace, name)
        if faults:
            return faults
    there = {kind for (kind,) in workplace.run("SELECT DISTINCT kind FROM some_texts")}
    ways = {kind: sql for kind, sql in (WALLS | date_order.walls(order)).items() if kind in there}
    walls = " ".join(f"WHEN '{kind}' THEN {sql}" for kind, sql in ways.items())
    workplace.run(f"""
        CREATE OR REPLACE TABLE {quoted(table)} AS
        SELECT text, n, kind, CASE kind {walls} WHEN 'none' THEN NULL::TIMESTAMP END AS wall, {ZONE} AS zone
        FROM ({CLOCKED})""")
    return ()


def _no_date_at_all(workplace: Bench, name: str, reading: Reading) -> tuple[Fault, ...]:
    """Return the faults of months without days, zeros of databases and a mixture of forms."""
    found = []
    for kind, what in ((MONTH_ONLY, NO_DAY), (ZERO, NO_TIME)):
        if _count(workplace, f"kind = '{kind}'") and not (kind == ZERO and reading.since):
            found.append(seen(workplace, what.format(name=name), name, _of_kind(name, f"kind = '{kind}'")))
    families = workplace.run(
        f"SELECT {FAMILIES} AS family, sum(n), min(text) FROM some_texts "
        f"WHERE kind NOT IN ('none', '{MONTH_ONLY}', '{ZERO}') GROUP BY 1 ORDER BY 2 DESC, 1"
    )
    if len(families) > 1:
        usual = families[0]
        what = (
            f"is written in another form than '{usual[2]}' ({int(usual[1]):,} lines): write all dates in "
            "one, or give --date-format"
        )
        kinds = f"kind NOT IN ('none', '{MONTH_ONLY}', '{ZERO}') AND {FAMILIES} <> '{usual[0]}'"
        found.append(seen(workplace, what, name, _of_kind(name, kinds)))
    halves = workplace.row(
        f"SELECT count_if({HALVED}) AS halved, count_if({UNHALVED}) AS others FROM some_texts"
    )
    if halves["halved"] and halves["others"]:
        fewer = HALVED if halves["halved"] < halves["others"] else UNHALVED
        found.append(seen(workplace, TWO_CLOCKS, name, _of_kind(name, fewer)))
    return tuple(found)


HALVED: Final = r"regexp_matches(text, '\d ?[AaPp]\.?[Mm]\.?')"
UNHALVED: Final = rf"kind <> 'none' AND regexp_matches(text, '\d:\d\d') AND NOT {HALVED}"
TWO_CLOCKS: Final = (
    "is of another clock than others: some times have AM or PM and some have not, so that 2:10 may be at "
    "night or in the afternoon. Write all in one way"
)


NO_DAY: Final = (
    "is a year and month only, and purchases need their day: name a column with whole dates, "
    "--column {name}=YOURS (or say that the first of each month is meant, by its --date-format, such as %Y%m)"
)
NO_TIME: Final = "is a database's stand-in for no date: put such lines aside with --since DAY, or mend them"


def _of_kind(name: str, condition: str) -> str:
    """Return the condition on lines whose text has a property."""
    return f"{name} IN (SELECT text FROM some_texts WHERE {condition})"


def _count(workplace: Bench, condition: str) -> int:
    """Return how many different texts have a property."""
    ((n,),) = workplace.run(f"SELECT count(*) FROM some_texts WHERE {condition}")
    return int(n)


def _said(workplace: Bench, name: str, table: str) -> list[str]:
    """Return in words how a column was read where it is not written as a date."""
    words = {
        "serial": "day numbers of a spreadsheet (days since 1899-12-30)",
        "seconds": "seconds since 1970 (UTC)",
        "milliseconds": "milliseconds since 1970 (UTC)",
        "microseconds": "microseconds since 1970 (UTC)",
    }
    kinds = workplace.run(f"SELECT DISTINCT kind FROM {quoted(table)} WHERE wall IS NOT NULL ORDER BY 1")
    return [f"{name}: read as {words[kind]}" for (kind,) in kinds if kind in words]


def _matches(name: str, form: str) -> str:
    """Return the condition that the whole text has a form; a missing text has none."""
    return f"coalesce(regexp_full_match({name}, '{form}'), false)"
