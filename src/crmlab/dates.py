"""Reading dates that people wrote: ISO at once, day/month order only where it cannot be mistaken."""

from __future__ import annotations

import pandas as pd

from crmlab.errors import UsageError

ISO = r"(\d{4})([-/.]?)(\d{1,2})\2(\d{1,2})(?:[ T]\d{1,2}:\d{2}(?::\d{2}(?:\.\d{1,6})?)?)?"
SLASHED = r"(\d{1,2})([-/.])(\d{1,2})\2(\d{4})(?:[ T]\d{1,2}:\d{2}(?::\d{2}(?:\.\d{1,6})?)?)?"
YEARS = (1970, 2100)
NO_DATE = "is not a date (write 2024-12-31 or 2024-12-31 23:59:59, no time zone, or give --date-format)"
HINT = "say which: --date-format '%d/%m/%Y' (day first) or '%m/%d/%Y' (month first)"

Fault = tuple[str, list[int]]
"""What is wrong, and the positions of the rows that show it."""


def parse_dates(values: pd.Series, date_format: str | None, faults: list[Fault]) -> pd.Series:
    """Return text as naive datetimes (us); what cannot be read is NaT and noted in `faults`.

    Without a format, ISO dates and times are read, and day/month/year in the order that at least
    one value proves (a part above 12). An order that nothing proves, or that values contradict, is
    refused. Raises UsageError for a format that strptime does not know.
    """
    values = values.str.strip()
    if date_format:
        times = _with_format(values, date_format)
        what = f"is not a date of the form '{date_format}'"
    else:
        slashed = values.str.extract(f"^{SLASHED}$")
        if slashed[0].notna().any():
            times = _ordered(values, slashed, faults)
        else:
            times = _assembled(values.str.extract(f"^{ISO}$"), values, year=0, month=2, day=3)
        what = NO_DATE
    far = times.notna() & ~times.dt.year.between(*YEARS)
    if far.any():
        faults.append((f"is not in the years {YEARS[0]} to {YEARS[1]}", _positions(far)))
    if times.isna().any() and not (faults and HINT in faults[-1][0]):
        faults.append((what, _positions(times.isna())))
    return times


def _with_format(values: pd.Series, date_format: str) -> pd.Series:
    """Return text read by one strptime format, NaT where it does not fit."""
    try:
        times = pd.to_datetime(values, format=date_format, exact=True, errors="coerce")
        return times.astype("datetime64[us]")
    except (ValueError, TypeError) as error:
        raise UsageError(f"--date-format '{date_format}' cannot be used: {error}") from None


def _ordered(values: pd.Series, parts: pd.DataFrame, faults: list[Fault]) -> pd.Series:
    """Return dates written with the year last, in the order that the values prove."""
    first, second = (parts[i].astype("float64") for i in (0, 2))
    day_first, month_first = first > 12, second > 12
    if day_first.any() and month_first.any():
        fewer = day_first if day_first.sum() < month_first.sum() else month_first
        faults.append((f"contradicts the order of day and month in other lines: {HINT}", _positions(fewer)))
    elif not day_first.any() and not month_first.any():
        either = parts[0].notna()
        faults.append((f"can be read as day/month or as month/day: {HINT}", _positions(either)))
    else:
        day, month = (0, 2) if day_first.any() else (2, 0)
        return _assembled(parts, values, year=3, month=month, day=day)
    return pd.Series(pd.NaT, index=values.index, dtype="datetime64[us]")


def _assembled(parts: pd.DataFrame, values: pd.Series, *, year: int, month: int, day: int) -> pd.Series:
    """Return datetimes from the parts of a date and the clock time at the end of the text."""
    date = parts[year] + "-" + parts[month].str.zfill(2) + "-" + parts[day].str.zfill(2)
    clock = values.str.extract(r"[ T](\d{1,2}:\d{2}(?::\d{2}(?:\.\d{1,6})?)?)$")[0].fillna("0:00")
    return pd.to_datetime(date + " " + clock, format="ISO8601", errors="coerce").astype("datetime64[us]")


def _positions(chosen: pd.Series) -> list[int]:
    """Return the positions of the rows where a mask is true."""
    return [i for i, yes in enumerate(chosen) if yes]
