"""Time is decided here and nowhere else: what is known at a cutoff, and where a label lies.

Features use events *before* the cutoff; labels come from [cutoff + gap, cutoff + gap + horizon).
A published calibration date that is inclusive is written as the next midnight.

Landmarks may be *stacked* (van Houwelingen 2007): many cutoffs are one window, and whoever is in it is
followed to the horizon or to a closing date, whichever comes first (staggered follow-up).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from crmlab import registry
from crmlab.errors import UsageError

if TYPE_CHECKING:
    import ibis


@dataclass(frozen=True)
class Window:
    """The label window that belongs to a cutoff; `horizon_days` and `gap_days` are whole days.

    closes: the midnight up to which anybody is followed, where that may come before the horizon.
    """

    cutoff: dt.datetime
    horizon_days: int
    gap_days: int = 0
    closes: dt.datetime | None = None

    @property
    def start(self) -> dt.datetime:
        """First instant of the label window."""
        return self.cutoff + dt.timedelta(days=self.gap_days)

    @property
    def end(self) -> dt.datetime:
        """First instant after the label window, or after what is followed of it."""
        whole = self.start + dt.timedelta(days=self.horizon_days)
        return whole if self.closes is None else min(whole, self.closes)

    @property
    def followed_days(self) -> int:
        """Days of the label window that are followed: the horizon, or less where it closes before."""
        return (self.end - self.start).days


def label_windows(spec: Mapping[str, Any]) -> tuple[list[Window], list[Window]]:
    """Return the label windows of the train and of the test cutoffs of a rolling problem.

    spec: `horizon_days`, `gap_days`, `train_cutoffs`, `test_cutoffs` and, where landmarks are stacked,
    `followed_until`: the day on which the data are drawn. Test rows are followed up to that day at most,
    train rows up to the first test cutoff: what is known on it, and nothing after it. Raises UsageError
    for a horizon or gap that cannot be, what is not a date, and dates in the wrong order: each landmark
    must be followed for a day, and the first test cutoff for the whole horizon.
    """
    horizon, gap = spec["horizon_days"], spec.get("gap_days", 0)
    if horizon < 1 or gap < 0:
        raise UsageError(f"horizon_days = {horizon} must be at least 1 and gap_days = {gap} at least 0")
    train, test = ([midnight(c) for c in spec.get(f"{p}_cutoffs", [])] for p in ("train", "test"))
    if "followed_until" not in spec or not test:
        return [Window(c, horizon, gap) for c in train], [Window(c, horizon, gap) for c in test]
    until, first = midnight(spec["followed_until"]), min(test)
    if until < Window(first, horizon, gap).end:
        raise UsageError(
            f"followed_until = {until:%Y-%m-%d} comes before the horizon of the first test cutoff "
            f"{first:%Y-%m-%d}, which ends on {Window(first, horizon, gap).end:%Y-%m-%d}: some rows "
            "must be followed for all of it; choose a later day, an earlier cutoff or fewer horizon_days"
        )
    for part, cutoffs, closes in (("test", test, until), ("train", train, first)):
        late = next((c for c in cutoffs if Window(c, horizon, gap).start >= closes), None)
        if late is not None:
            known = "followed_until" if part == "test" else "the first test cutoff"
            raise UsageError(
                f"the label window of the {part} cutoff {late:%Y-%m-%d} begins on or after {known}, "
                f"{closes:%Y-%m-%d}: nobody in it would be followed for a day"
            )
    return [Window(c, horizon, gap, first) for c in train], [Window(c, horizon, gap, until) for c in test]


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
        declared = registry.find("canonical", name)
        if declared.time:
            table = table.filter(table[declared.time] < ibis.literal(cutoff))
        for late, brings in declared.late.items():
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
