"""The options that say how a file is read, for every verb that reads one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from crmlab.data.reading import Reading

Encoding = Annotated[
    str | None, typer.Option(help="The encoding of a text file that is not UTF-8: cp1252, ...")
]
Separator = Annotated[str | None, typer.Option(help="The sign between the columns of a text file.")]
NoHeader = Annotated[
    bool, typer.Option("--no-header", help="The first line holds values: columns are called 1, 2, ...")
]
Names = Annotated[str | None, typer.Option(help="The names of the columns where no line has them: a,b,c.")]
HeaderLine = Annotated[int | None, typer.Option(help="The line (from 1) that names the columns.")]
Sheet = Annotated[str | None, typer.Option(help="The sheet of a workbook.")]
Query = Annotated[str | None, typer.Option(help="What to read from a DuckDB or SQLite file, in SQL.")]
Decimal = Annotated[list[str] | None, typer.Option(help="The decimal sign, . or , (of one FIELD=SIGN).")]
Thousands = Annotated[
    list[str] | None, typer.Option(help="The sign of thousands: , . ' or none (of one FIELD=SIGN).")
]
DateFormat = Annotated[
    list[str] | None,
    typer.Option(help="How dates are written: %d/%m/%Y %H:%M, or dmy, mdy, ymd (of one FIELD=FORMAT)."),
]
Timezone = Annotated[
    str | None, typer.Option(help="The shop's time zone, such as Europe/Berlin, where times have an offset.")
]
Time = Annotated[str | None, typer.Option(help="The column of the time of day, where the date has its own.")]
Since = Annotated[str | None, typer.Option(help="Put lines before this day aside (2024-01-31).")]
Until = Annotated[str | None, typer.Option(help="Put lines after this day aside.")]


def said(
    *,
    names: str | None,
    decimal: list[str] | None,
    thousands: list[str] | None,
    date_format: list[str] | None,
    separator: str | None,
    **others: Any,
) -> Reading:
    """Return the options as one value. Raises UsageError for an answer that no file could be read by."""
    from crmlab.data.reading import Reading

    return Reading(
        names=tuple(name.strip() for name in (names or "").split(",")) if names else (),
        decimal=_by_field(decimal),
        thousands=_by_field(thousands),
        date_format=_by_field(date_format),
        separator={"tab": "\t", "\\t": "\t"}.get(separator or "", separator),
        **others,
    )


def _by_field(answers: list[str] | None) -> dict[str, str]:
    """Return {field, or '' for all: answer}."""
    parts = [answer.rpartition("=") for answer in answers or []]
    return {field: answer for field, _, answer in parts}
