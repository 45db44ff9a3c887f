"""Dates that people wrote."""

import pandas as pd
import pytest

from crmlab.dates import parse_dates
from crmlab.errors import UsageError


def read(*values, date_format=None):
    faults = []
    times = parse_dates(pd.Series(values, dtype="str"), date_format, faults)
    assert times.dtype == "datetime64[us]"
    return times.astype("str").tolist(), faults


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("2024-03-04", "2024-03-04 00:00:00"),
        ("2024-3-4 9:05", "2024-03-04 09:05:00"),
        ("2024-03-04T09:05:06.5", "2024-03-04 09:05:06.500000"),
        ("2024/03/04", "2024-03-04 00:00:00"),
        ("20240304", "2024-03-04 00:00:00"),
    ],
)
def test_iso(text, time):
    times, faults = read(text, "2023-01-01 00:00:01")
    assert faults == []
    assert pd.Timestamp(times[0]) == pd.Timestamp(time)


def test_an_order_that_one_value_proves():
    assert read("03/04/2024", "13/04/2024 10:00")[0] == ["2024-04-03 00:00:00", "2024-04-13 10:00:00"]
    assert read("03.04.2024", "04.13.2024")[0] == ["2024-03-04", "2024-04-13"]


def test_an_order_that_nothing_proves_is_refused():
    ((what, rows),) = read("03/04/2024", "05/06/2024")[1]
    assert "day/month or as month/day: say which: --date-format '%d/%m/%Y'" in what
    assert rows == [0, 1]


def test_a_contradiction_is_refused():
    ((what, rows),) = read("13/04/2024", "14/04/2024", "04/13/2024")[1]
    assert "contradicts the order of day and month" in what
    assert rows == [2]


def test_a_format_decides():
    assert read("03/04/2024", date_format="%d/%m/%Y") == (["2024-04-03"], [])
    ((what, rows),) = read("03/04/2024", "31/12/24", date_format="%d/%m/%Y")[1]
    assert "'%d/%m/%Y'" in what
    assert rows == [1]
    with pytest.raises(UsageError, match="--date-format '%Q' cannot be used"):
        read("1", date_format="%Q")


@pytest.mark.parametrize(
    "text", ["", "yesterday", "2024-02-30", "2024-13-01", "2024-01-01T00:00:00Z", "2024-01-01 25:00", "45000"]
)
def test_what_is_no_date(text):
    ((what, rows),) = read("2024-01-01", text)[1]
    assert "is not a date (write 2024-12-31" in what
    assert rows == [1]


def test_a_bad_value_among_slashed_dates():
    ((what, rows),) = read("13/04/2024", "oops")[1]
    assert "is not a date" in what
    assert rows == [1]


def test_a_far_year():
    ((what, rows),) = read("2024-01-01", "1900-01-01")[1]
    assert what == "is not in the years 1970 to 2100"
    assert rows == [1]
