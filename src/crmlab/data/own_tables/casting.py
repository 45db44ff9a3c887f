"""A further table's file as typed columns, and all that is wrong with it, with the lines."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

import pandas as pd

from crmlab.data.bench import Bench
from crmlab.data.faults import SHOWN
from crmlab.data.own_reading import Typed, frame, typed
from crmlab.data.reading import Reading
from crmlab.data.refusing import lines_in_words, refuse

NUMBER: Final = r"[+-]?\d{1,15}(?:\.\d+)?"


@dataclass
class Read:
    """A file that was read: its typed columns, by field, and what was found wrong with them."""

    workplace: Bench
    typed: Typed
    frame: pd.DataFrame
    reading: Reading
    faults: list[str] = field(default_factory=list)

    @property
    def name(self) -> str:
        """What the file is called."""
        return self.typed.source.name

    def note(self, column: str, what: str, wrong: pd.Series, values: pd.Series | None = None) -> None:
        """Note a fault of a column in the rows where `wrong`; quotes the first value and names the lines."""
        rows = wrong.to_numpy(dtype=bool).nonzero()[0]
        if not len(rows):
            return
        lines = self.typed.source.where(self.workplace, rows[:SHOWN].tolist())
        value = f"'{_plain(values.iloc[rows[0]])}' " if values is not None else ""
        self.faults.append(f"{column} {value}{what} {lines_in_words(lines, len(rows))}")

    def refuse(self) -> None:
        """Raise one DataError with all that cannot be read or was noted, if there is anything."""
        refuse(self.name, [*self.typed.sentences(self.workplace), *self.faults])


def _plain(value: Any) -> Any:
    """Return a value as it is quoted: a whole number without a point."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def read(
    workplace: Bench,
    given: Any,
    choose: Callable[[Sequence[str], str], Mapping[str, str]],
    kinds: Mapping[str, str],
    *,
    reading: Reading,
    required: Collection[str] = (),
) -> Read:
    """Return a file as typed columns; see crmlab.data.own_reading.typed.

    Of the answers about the orders' file those hold that are about its text; which lines and sheet were
    meant is said of the orders alone.
    """
    said = replace(
        reading,
        names=(),
        header=True,
        header_line=None,
        sheet=None,
        query=None,
        time=None,
        since=None,
        until=None,
    )
    made = typed(workplace, given, choose, kinds, reading=said, required=required)
    return Read(workplace, made, frame(workplace, list(made.columns)), reading)
