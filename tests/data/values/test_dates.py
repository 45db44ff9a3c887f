"""Dates that people wrote."""

import datetime as dt

import pandas as pd
import pyarrow as pa
import pytest

from crmlab.data.bench import bench
from crmlab.data.order_lines import cast
from crmlab.data.reading import Reading
from crmlab.errors import UsageError


@pytest.fixture
def read(tmp_path):
    """Return a function: dates as the step `typed` reads them, as text, and what is wrong with them."""

    def asked(*values, **said):
        with bench(tmp_path) as workplace:
            rows = {"number": range(1, len(values) + 1), "timestamp": values, "customer": "1"}
            frame = pd.DataFrame(rows).replace({"timestamp": {"": None}})
            workplace.connection.register("given", pa.Table.from_pandas(frame, preserve_index=False))
            workplace.run(
                "CREATE TABLE read AS SELECT number, timestamp::VARCHAR AS timestamp, customer FROM given"
            )
            fields = ["timestamp", "customer"]
            found = cast(workplace, fields, reading=Reading(**said))["timestamp"]
            times = workplace.run("SELECT timestamp FROM typed ORDER BY number")
        return [time for (time,) in times], [(fault.what, list(fault.rows)) for fault in found]

    return asked


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("2024-03-04", "2024-03-04 00:00:00"),
        ("2024-3-4 9:05", "2024-03-04 09:05:00"),
        ("2024-03-04T09:05:06.5", "2024-03-04 09:05:06.500000"),
        ("2024/03/04", "2024-03-04 00:00:00"),
        ("20240304", "2024-03-04 00:00:00"),
        ("2024.3.14 23:59", "2024-03-14 23:59:00"),
    ],
)
def test_iso(read, text, time):
    times, faults = read(text, "2023-01-01 00:00:01")
    assert faults == []
    assert times[0] == dt.datetime.fromisoformat(time)


def test_an_order_that_one_value_proves(read):
    assert read("03/04/2024", "13/04/2024 10:00")[0] == [
        dt.datetime(2024, 4, 3),
        dt.datetime(2024, 4, 13, 10),
    ]
    assert read("03.04.2024", "04.13.2024")[0] == [dt.datetime(2024, 3, 4), dt.datetime(2024, 4, 13)]


def test_an_order_that_nothing_proves_is_refused(read):
    ((what, rows),) = read("03/04/2024", "05/06/2024")[1]
    assert "day/month or as month/day: 3/4 is 2024-04-03 (day first) or 2024-03-04 (month first)" in what
    assert "say which: --date-format '%d/%m/%Y'" in what
    assert rows == [0, 1]


def test_a_contradiction_is_refused(read):
    ((what, rows),) = read("13/04/2024", "14/04/2024", "04/13/2024")[1]
    assert "contradicts the order of day and month" in what
    assert rows == [2]


def test_a_format_decides(read):
    assert read("03/04/2024", date_format={"": "%d/%m/%Y"}) == ([dt.datetime(2024, 4, 3)], [])
    ((what, rows),) = read("03/04/2024", "31/12/24", date_format={"": "%d/%m/%Y"})[1]
    assert "'%d/%m/%Y'" in what
    assert rows == [1]
    with pytest.raises(UsageError, match="--date-format '%Q' cannot be used"):
        read("1", date_format={"": "%Q"})


@pytest.mark.parametrize(
    "text",
    [
        "",
        "yesterday",
        "2024-02-30",
        "2024-13-01",
        "2024-01-01 25:00",
        "2024-01-01 24:00",
        "2024111",
        "infinity",
    ],
)
def test_what_is_no_date(read, text):
    ((what, rows),) = read("2024-01-01", text)[1]
    assert "is not a date (write 2024-12-31" in what
    assert rows == [1]


def test_a_bad_value_among_slashed_dates(read):
    ((what, rows),) = read("13/04/2024", "oops")[1]
    assert "is not a date" in what
    assert rows == [1]


def test_a_far_year(read):
    ((what, rows),) = read("2024-01-01", "1900-01-01")[1]
    assert what.startswith("is not in the years 1970 to 2100")
    assert "--since DAY" in what
    assert rows == [1]
