"""A canonical table: its columns, and when what it says became known, as its file declares it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

TEXT: Final = "text"
WHOLE: Final = "a whole number"
NUMBER: Final = "a number"
MONEY: Final = "money"
TIME: Final = "a time"
FLAG: Final = "true or false"


@dataclass(frozen=True)
class Column:
    """One column: its kind, whether it must be there, may be null, and the values it may take."""

    kind: str
    required: bool = True
    null: bool = False
    among: tuple[int, ...] = ()


def optional(kind: str, *, null: bool = True, among: tuple[int, ...] = ()) -> Column:
    """Return a column that need not be there."""
    return Column(kind, required=False, null=null, among=among)


@dataclass(frozen=True)
class Table:
    """One canonical table. The first of its columns is the key.

    time: the column that says when an event of the table became known (rows at or after a cutoff are cut),
    None where what is in it never changes. late: facts that arrive after the event's own time, {time
    column: columns known from then}; at a cutoff, a late time at or after it is masked to null together
    with the columns that it brings. open: any further columns may stand in it.
    """

    columns: Mapping[str, Column]
    time: str | None = None
    late: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: MappingProxyType({}))
    open: bool = False

    @property
    def key(self) -> str:
        """The name of the key column."""
        return next(iter(self.columns))
