"""Time is decided here and nowhere else: what is known at a cutoff, and where a label lies.

Features use events *before* the cutoff; labels come from [cutoff + gap, cutoff + gap + horizon).
A published calibration date that is inclusive is written as the next midnight.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from crmlab.errors import UsageError
from crmlab.vocabulary import LATE_COLUMNS, TIME_COLUMN

if TYPE_CHECKING:
    import ibis


@dataclass(frozen=True)
class Window:
    """The label window that belongs to a cutoff; `horizon_days` and `gap_days` are whole days."""

    cutoff: dt.datetime
    horizon_days: int
    gap_days: int = 0

    @property
    def start(self) -> dt.datetime:
        """First instant of the label window."""
        return self.cutoff + dt.timedelta(days=self.gap_days)

    @property
    def end(self) -> dt.datetime:
        """First instant after the label window."""
        return self.start + dt.timedelta(days=self.horizon_days)


def midnight(day: str | dt.date) -> dt.datetime:
    """Return the midnight at which a day begins. Raises UsageError for what is not a date."""
    try:
        date = dt.date.fromisoformat(str(day)[:10])
    except ValueError:
        raise UsageError(f"'{day}' is not a date: write it as YYYY-MM-DD") from None
    return dt.datetime.combine(date, dt.time())


def before(tables: Mapping[str, ibis.Table], cutoff: dt.datetime) -> dict[str, ibis.Table]:
    """Return the tables as they were known just before `cutoff`.

    Events at or after the cutoff are gone; facts of earlier events that arrived later (a rating,
    a reply, the end of a membership) are null. Tables without a time (customers, products) pass
    whole, so only what never changes may be in them.
    """
    import ibis

    known = {}
    for name, table in tables.items():
        if name in TIME_COLUMN:
            table = table.filter(table[TIME_COLUMN[name]] < ibis.literal(cutoff))
        for late, brings in LATE_COLUMNS.get(name, {}).items():
            if late in table.columns:
                arrived = table[late] < ibis.literal(cutoff)
                masked = {
                    c: ibis.ifelse(arrived, table[c], ibis.null(table[c].type()))
                    for c in (late, *brings)
                    if c in table.columns
                }
                table = table.mutate(**masked)
        known[name] = table
    return known
