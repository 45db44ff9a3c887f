"""A file or frame that is open: its columns as text, and where each of its rows stands."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Protocol, TypeVar

from crmlab.data.bench import NUMBER, Bench, quoted, text
from crmlab.data.formats import in_sql
from crmlab.data.formats.bytes_of_it import ALL_KINDS, Bytes
from crmlab.data.formats.delimited import line_numbers
from crmlab.errors import USAGE, DataError

Made = TypeVar("Made")

FRACTION: Final = r"^([+-]?\d+\.\d{3})$"
"""A number that a machine wrote: with one more digit it cannot be taken for one in thousands."""


class Source(Protocol):
    """What is open. name: what errors call it; names: its columns, in order."""

    name: str
    names: list[str]

    def read(self, workplace: Bench, chosen: Mapping[str, str], then: Callable[[], Made]) -> Made:
        """Do the step `read`: the chosen columns ({field: column}) as text without blanks around it.

        What is empty is null. then: makes something of the step (see `in_sql.read`), which is returned.
        """

    def where(self, workplace: Bench, rows: Sequence[int]) -> list[str]:
        """Return where rows (from 0) of the step `read` stand, such as '12' or 'may.csv 12', in order."""


@dataclass
class Text:
    """Delimited UTF-8 text in a file. above: how many lines of the user's file stand above its first one."""

    name: str
    names: list[str]
    path: Path
    separator: str
    header: bool = True
    above: int = 0
    found: Bytes | None = None

    def read(self, workplace: Bench, chosen: Mapping[str, str], then: Callable[[], Made]) -> Made:
        """Do the step `read` (see Source)."""
        return in_sql.read(
            workplace,
            self.path,
            self.names,
            chosen,
            self.separator,
            then,
            header=self.header,
            called=self.name,
            above=self.above,
            found=self.found,
        )

    def where(self, workplace: Bench, rows: Sequence[int]) -> list[str]:
        """Return the lines on which rows end."""
        lines = line_numbers(self.path, rows, separator=self.separator, header=self.header)
        return [str(line + self.above) for line in lines]


@dataclass
class Table:
    """Rows in a table of the bench, all columns text called c0, c1, ...; `place`: where each stands.

    no_text: {column: what it holds that is no text, number or time}.
    """

    name: str
    names: list[str]
    table: str
    no_text: Mapping[str, str] = field(default_factory=dict)

    def read(self, workplace: Bench, chosen: Mapping[str, str], then: Callable[[], Made]) -> Made:
        """Do the step `read` (see Source). Raises DataError for a chosen column that holds no values."""
        wrong = [f"'{c}' holds {self.no_text[c]}" for c in chosen.values() if c in self.no_text]
        if wrong:
            raise DataError(
                f"{self.name}: {', '.join(wrong)}: write one text, number or time per row, or name "
                "another column, --column FIELD=YOURS",
                exit_code=USAGE,
            )
        workplace.marks.append(ALL_KINDS.marks)
        columns = "".join(
            f", {in_sql.stripped(f'c{self.names.index(column)}', ALL_KINDS)} AS {quoted(field)}"
            for field, column in chosen.items()
        )
        in_sql.do_read(workplace, columns, quoted(self.table), chosen)
        return then()

    def where(self, workplace: Bench, rows: Sequence[int]) -> list[str]:
        """Return the places of rows."""
        numbers = ", ".join(str(row + 1) for row in rows) or "NULL"
        numbered = f"SELECT row_number() OVER () AS {NUMBER}, place FROM {quoted(self.table)}"
        return [
            str(place)
            for (place,) in workplace.run(
                f"SELECT place FROM ({numbered}) WHERE {NUMBER} IN ({numbers}) ORDER BY {NUMBER}"
            )
        ]


NESTED: Final = ("STRUCT", "MAP", "UNION")
BINARY: Final = "BLOB"


def as_text(column: str, kind: str) -> str:
    """Return the SQL that writes a typed column as the text that is read back as the same value."""
    kind = kind.upper()
    if kind == BINARY:
        return f"try(decode({column}))"
    if kind.startswith(("DOUBLE", "FLOAT", "REAL", "DECIMAL")):
        whole = f"{column} = floor({column}) AND abs({column}) < 1e15"
        number = rf"regexp_replace({column}::VARCHAR, '{FRACTION}', '\1' || '0')"
        text_of = f"CASE WHEN {whole} THEN try_cast({column} AS DECIMAL(38, 0))::VARCHAR ELSE {number} END"
        return text_of if kind.startswith("DECIMAL") else f"CASE WHEN NOT isnan({column}) THEN {text_of} END"
    if kind in ("TIMESTAMP WITH TIME ZONE", "TIMESTAMPTZ"):
        return f"strftime(timezone('UTC', {column}), '%Y-%m-%d %H:%M:%S.%f') || 'Z'"
    if kind.startswith("TIMESTAMP"):
        return f"strftime({column}::TIMESTAMP, '%Y-%m-%d %H:%M:%S.%f')"
    return f"{column}::VARCHAR"


def table_of(workplace: Bench, relation: str, table: str, *, name: str) -> Table:
    """Write what SQL reads from `relation` down as text and return it open.

    Raises DataError where it has no columns, or two of one name.
    """
    described = workplace.run(f"DESCRIBE SELECT * FROM {relation}")
    names = [str(row[0]) for row in described]
    check_different(names, name)
    listed = ", ".join(f"{as_text(quoted(row[0]), row[1])} AS c{i}" for i, row in enumerate(described))
    workplace.run(
        f"CREATE OR REPLACE TABLE {quoted(table)} AS "
        f"SELECT row_number() OVER () AS place, {listed} FROM {relation}"
    )
    return Table(name, names, table, _no_text(workplace, described, relation))


def check_different(names: Sequence[str], called: str) -> None:
    """Raise DataError where a file has no columns, or two whose names differ in nothing but case."""
    plain = [n.lower() for n in names]
    same = [n for n in names if plain.count(n.lower()) > 1]
    if same:
        raise DataError(f"{called} has columns of one name: {', '.join(same)}", exit_code=USAGE)
    if not names:
        raise DataError(f"{called} has no columns", exit_code=USAGE)


def _no_text(workplace: Bench, described: list[tuple[Any, ...]], relation: str) -> dict[str, str]:
    """Return {column: what it holds} of the columns whose values are no texts, numbers or times."""
    found = {str(c): "lists or records" for c, kind, *_ in described if kind.upper().startswith(NESTED)}
    found |= {str(c): "lists or records" for c, kind, *_ in described if kind.endswith("]")}
    for column in (str(c) for c, kind, *_ in described if kind.upper() == BINARY):
        no_text = f"{quoted(column)} IS NOT NULL AND try(decode({quoted(column)})) IS NULL"
        if workplace.row(f"SELECT count_if({no_text}) AS n FROM {relation}")["n"]:
            found[column] = "bytes that are no UTF-8 text"
    return found


def literal(path: Path) -> str:
    """Return a path as SQL takes it."""
    return text(str(path.resolve()))
