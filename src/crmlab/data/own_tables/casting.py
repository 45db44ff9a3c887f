"""From the text of a further table's file to values of the declared kinds, and what cannot be read."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import pandas as pd
import pyarrow as pa

from crmlab.data import dates
from crmlab.data.bench import NUMBER, Bench, Step, quoted
from crmlab.data.faults import SHOWN
from crmlab.data.formats.delimited import line_numbers, read_text, without_decimal
from crmlab.data.own_tables.words import FLAGS, plain
from crmlab.declare import table as kinds
from crmlab.errors import USAGE, DataError, UsageError

PLAIN_NUMBER: Final = r"[+-]?\d{1,15}(?:\.\d+)?"
WHOLE: Final = r"[+-]?\d{1,15}(?:\.0+)?"


@dataclass
class Source:
    """A file that is being read: where it lies, how it is written, and what was wrong so far."""

    path: Path
    decimal: str = "."
    date_format: str | None = None
    faults: list[str] = field(default_factory=list)

    @property
    def separator(self) -> str:
        """The separator that the first line has most of."""
        with self.path.open("rb") as file:
            first = file.readline().decode("utf-8", errors="replace")
        return max(",;\t|", key=first.count)

    def read(self) -> pd.DataFrame:
        """Return the file as text, '' as null. Raises UsageError without a file, DataError if empty."""
        if not self.path.is_file():
            raise UsageError(f"there is no file '{self.path}'")
        frame = read_text(self.path, separator=self.separator)
        if frame.empty:
            raise DataError(f"{self.path.name} has no lines after its header", exit_code=USAGE)
        return frame.apply(_stripped)

    def note(self, column: str, what: str, wrong: pd.Series, values: pd.Series | None = None) -> None:
        """Note a fault of a column in the rows where `wrong`; quotes the first value and names the lines."""
        rows = wrong.to_numpy().nonzero()[0]
        if not len(rows):
            return
        lines = line_numbers(self.path, rows[:SHOWN].tolist(), separator=self.separator)
        more = f" and {len(rows) - SHOWN:,} more" if len(rows) > SHOWN else ""
        value = f"'{values.iloc[rows[0]]}' " if values is not None else ""
        where = f"(line{'s' * (len(rows) > 1)} {', '.join(map(str, lines))}{more})"
        self.faults.append(f"{column} {value}{what} {where}")

    def refuse(self) -> None:
        """Raise one DataError with all that was noted, if anything was."""
        if self.faults:
            says = "".join(f"\n  - {fault}" for fault in self.faults)
            raise DataError(f"{self.path.name} cannot be read:{says}", exit_code=USAGE)


def _stripped(column: pd.Series) -> pd.Series:
    """Return a text column without blanks around its values, '' as null."""
    column = column.astype("str").str.strip()
    return column.mask(column == "")


def cast(source: Source, column: str, values: pd.Series, kind: str) -> pd.Series:
    """Return a text column as values of a kind that is no time; what cannot be read is noted and null."""
    if kind == kinds.TEXT:
        return without_decimal(values.fillna(""))
    read, what = _reader(source, kind)
    found = read(values)
    source.note(column, f"is not {what}", found.isna() & values.notna(), values)
    return found


def _reader(source: Source, kind: str) -> tuple[Callable[[pd.Series], pd.Series], str]:
    """Return how a kind is read, and what it is called."""
    example = f"1234{source.decimal}56"
    return {
        kinds.FLAG: (_flags, "yes or no (1/0, true/false, yes/no)"),
        kinds.WHOLE: (lambda v: numbers(v, source.decimal, WHOLE).astype("Int64"), "a whole number"),
        kinds.MONEY: (lambda v: numbers(v, source.decimal), f"a plain number like {example}"),
        kinds.NUMBER: (lambda v: numbers(v, source.decimal), f"a plain number like {example}"),
    }[kind]


def _flags(values: pd.Series) -> pd.Series:
    """Return yes and no as booleans, null for anything else."""
    return values.map(lambda v: FLAGS.get(plain(v)) if isinstance(v, str) else None).astype("boolean")


def numbers(values: pd.Series, decimal: str, form: str = PLAIN_NUMBER) -> pd.Series:
    """Return texts of a form as float64, null for anything else."""
    pattern = form.replace(r"\.", re.escape(decimal))
    fits = values.str.fullmatch(pattern).fillna(False).astype(bool)
    return pd.to_numeric(values.where(fits).str.replace(decimal, ".", regex=False)).astype("float64")


def times(workplace: Bench, source: Source, columns: Mapping[str, pd.Series]) -> dict[str, pd.Series]:
    """Return dates and times as datetime64[us], in the one order of day and month that the file proves.

    columns: {column name of the file: its text}. What cannot be read is noted and null.
    """
    if not columns:
        return {}
    together = pd.concat(columns.values(), ignore_index=True)
    found, reading = _read_times(workplace, source, together)
    count, made = len(together) // len(columns), {}
    for place, (column, values) in enumerate(columns.items()):
        rows = range(place * count, (place + 1) * count)
        made[column] = found.iloc[rows].set_axis(values.index)
        for fault in reading.faults:
            here = [row - rows.start for row in fault.rows if row in rows]
            source.note(column, fault.what, pd.Series(range(count)).isin(here), values)
        if not reading.faults:
            _check_times(source, column, values, made[column], reading.what)
    return made


def _read_times(workplace: Bench, source: Source, texts: pd.Series) -> tuple[pd.Series, dates.Reading]:
    """Return the times that texts say, and how they were read."""
    numbered = pa.table({NUMBER: range(1, len(texts) + 1), "text": pa.array(texts, pa.string())})
    workplace.connection.register("times", numbered)
    workplace.do(Step("read", f"SELECT {quoted(NUMBER)}, text AS timestamp FROM times", kept=True))
    slashed = workplace.row(f"SELECT {dates.ANY_SLASHED} AS slashed FROM read")["slashed"]
    reading = dates.reading(workplace, source.date_format, slashed=bool(slashed))
    select = f"SELECT {reading.sql} AS time FROM read {reading.join} ORDER BY read.{quoted(NUMBER)}"
    found = workplace.connection.sql(select).to_arrow_table().column("time").to_pandas()
    workplace.connection.unregister("times")
    return found.astype("datetime64[us]"), reading


def _check_times(source: Source, column: str, values: pd.Series, found: pd.Series, what: str) -> None:
    """Note texts that are no date, and dates that cannot be meant."""
    source.note(column, what, found.isna() & values.notna(), values)
    far = ~found.dt.year.between(*dates.YEARS) & found.notna()
    source.note(column, dates.TOO_FAR, far, values)
