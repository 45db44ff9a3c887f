"""Dates far from all others: slips and stand-ins must not move the first or last day of the data."""

from __future__ import annotations

import datetime as dt
from itertools import pairwise
from typing import Final

from crmlab.data.bench import Bench, Step, text
from crmlab.data.faults import Fault, seen
from crmlab.data.reading import Reading

FEW: Final = 200
"""One line in so many may lie far outside and count as a slip."""
ENOUGH: Final = 20
"""From so many lines on the usual distance between days is known."""
GAPS: Final = 10
"""Far is more than so many times the longest distance between the days of the others."""
DAYS: Final = 180
SOME: Final = 6
YEAR: Final = 365
YEARS: Final = 5 * 365
"""How many days are far at least: where there are enough lines, some, or fewer."""
CENTURY: Final = (1970, 2100)
ASIDE: Final = "mend it, or put such lines aside with --since DAY or --until DAY"


def put_aside(workplace: Bench, name: str, reading: Reading) -> int:
    """Take the lines before `since` and after `until` out of the step `typed`; return how many these were."""
    ends = []
    if reading.since:
        ends.append(f"{name} < TIMESTAMP {text(reading.since)}")
    if reading.until:
        ends.append(f"{name} >= TIMESTAMP {text(reading.until)} + INTERVAL 1 DAY")
    if not ends:
        return 0
    before = workplace.counts["typed"]
    within = f"SELECT * FROM cast_lines WHERE ({' OR '.join(ends)}) IS NOT TRUE"
    return before - workplace.do(Step("typed", within))


def too_far(workplace: Bench, name: str) -> tuple[Fault, ...]:
    """Return the fault of times that no shop has: in other centuries, or at the beginning of Unix time."""
    far = f"year({name}) NOT BETWEEN {CENTURY[0]} AND {CENTURY[1]} OR {name} = TIMESTAMP '1970-01-01'"
    if not workplace.row(f"SELECT count(*) FILTER ({far}) AS n FROM typed")["n"]:
        return ()
    what = (
        f"is not in the years {CENTURY[0]} to {CENTURY[1]}, or is a database's stand-in for no date: {ASIDE}"
    )
    return (seen(workplace, what, name, far, step="typed"),)


def outliers(workplace: Bench, name: str, reading: Reading) -> tuple[Fault, ...]:
    """Return the faults of the few lines of the step `typed` that lie far before or after all others.

    Where the first or the last day was said, what lies within it is meant.
    """
    days = workplace.run(
        f"SELECT d, count(*) FROM (SELECT {name}::DATE AS d FROM typed) WHERE d IS NOT NULL "
        "GROUP BY 1 ORDER BY 1"
    )
    found = []
    for backwards in (False, True):
        if reading.since if backwards else reading.until:
            continue
        cut = _cut(days[::-1] if backwards else days)
        if cut is not None:
            found.append(_fault(workplace, name, cut, later=not backwards))
    return tuple(found)


Days = list[tuple[dt.date, int]]


def _cut(days: Days) -> tuple[dt.date, dt.date, dt.date] | None:
    """Return the last day of the bulk, the first and the last of the few far beyond it, or None."""
    lines = sum(n for _, n in days)
    if lines < 3:
        return None
    least = DAYS if lines >= ENOUGH else YEAR if lines >= SOME else YEARS
    beyond = 0
    for place in range(len(days) - 1, 0, -1):
        beyond += days[place][1]
        if beyond > max(1, lines // FEW):
            return None
        gap = abs((days[place][0] - days[place - 1][0]).days)
        inner = max((abs((b[0] - a[0]).days) for a, b in pairwise(days[:place])), default=0)
        if gap > max(least, GAPS * inner):
            return days[place - 1][0], days[place][0], days[-1][0]
    return None


def _fault(workplace: Bench, name: str, cut: tuple[dt.date, dt.date, dt.date], *, later: bool) -> Fault:
    """Return the fault of the lines beyond a cut."""
    end, first, last = cut
    side, option, beyond = ("after", "--until", ">=") if later else ("before", "--since", "<=")
    far = f"{abs((first - end).days) / 365.25:.1f} years"
    what = f"lies {far} {side} all other lines (the nearest: {end}). "
    what += f"Mend it, put such lines aside ({option} {end}), "
    what += f"or say that they are meant ({option} {last})"
    where = f"{name}::DATE {beyond} DATE '{first}'"
    return seen(workplace, what, name, where, step="typed")
