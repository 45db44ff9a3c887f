"""Date and time of day in two columns: which column holds the time, and whether it really does."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from crmlab.data.bench import Bench
from crmlab.data.formats.in_sql import TIME_OF_DAY
from crmlab.data.formats.source import Source
from crmlab.data.reading import Reading
from crmlab.errors import UsageError, did_you_mean

CALLED: Final = ("time", "timeofday", "ordertime", "saletime", "invoicetime", "purchasetime", "createdtime",
                 "transactiontime", "uhrzeit", "heure", "hora", "ora", "tijd")  # fmt: skip
CLOCK: Final = (
    r"(?:1899-12-3[01] |1900-01-0[01] )?\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?(?: ?[AaPp]\.?[Mm]\.?)?"
    r"(?: ?(?:Z|[+-]\d{2}:?\d{2}))?"
)
"""A time of day, perhaps with the day zero of spreadsheets before it."""
FIRST: Final = 10_000
"""How many lines are asked whether a column holds times of day."""


def with_time_of_day(
    workplace: Bench, source: Source, chosen: Mapping[str, str], reading: Reading
) -> dict[str, str]:
    """Return the chosen columns ({field: column}) with the one that holds the time of day, if there is one.

    It is the one that was said, or one that is called so, holds nothing else, and stands beside dates without
    a time. Raises UsageError for a column that is not there.
    """
    if reading.time is not None:
        if reading.time not in source.names:
            meant = did_you_mean(reading.time, source.names)
            raise UsageError(f"--time: {source.name} has no column '{reading.time}'." + meant)
        return {**chosen, TIME_OF_DAY: reading.time}
    left = [n for n in source.names if n not in chosen.values()]
    found = [n for n in left if re.sub(r"[^a-z]", "", n.lower()) in CALLED]
    if len(found) == 1 and _are_times(workplace, source, {"day": chosen["timestamp"], "clock": found[0]}):
        return {**chosen, TIME_OF_DAY: found[0]}
    return dict(chosen)


def _are_times(workplace: Bench, source: Source, columns: Mapping[str, str]) -> bool:
    """Tell whether the first lines of a column are times of day, and those of the other have none."""
    midnight = r"regexp_matches(day, '[ T]00:00(?::00(?:\.0+)?)?$') OR NOT contains(day, ':')"
    asked = f"""
        SELECT coalesce(bool_and(regexp_full_match(clock, '{CLOCK}')), false) AND bool_and({midnight}) AS fits
        FROM (SELECT * FROM read LIMIT {FIRST})"""
    return bool(source.read(workplace, columns, lambda: workplace.row(asked)["fits"]))
