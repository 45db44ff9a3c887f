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


def test_two_clocks_in_one_column_are_refused(read):
    ((what, rows),) = read("2024-01-05 02:30 PM", "2024-01-05 02:10", "2024-01-05 14:10")[1]
    assert what.startswith("is of another clock than others")
    assert rows == [0]
    assert read("2024-01-05 02:30 PM", "2024-01-06")[1] == []


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


def times(read, *values, **said):
    found, faults = read(*values, **said)
    assert faults == []
    return [str(time) for time in found]


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("2024-03-04T09:05:06,123456789", "2024-03-04 09:05:06.123456"),
        ("20240304T0905", "2024-03-04 09:05:00"),
        ("20240304090506", "2024-03-04 09:05:06"),
        ("2024-03-04 9:05 PM", "2024-03-04 21:05:00"),
        ("2024-03-04 12:05 am", "2024-03-04 00:05:00"),
        ("2024年3月4日", "2024-03-04 00:00:00"),
        ("4 March 2024", "2024-03-04 00:00:00"),
        ("Mar 4, 2024 9:05:06 PM", "2024-03-04 21:05:06"),
        ("Monday, March 4th, 2024", "2024-03-04 00:00:00"),
        ("04-MAR-24", "2024-03-04 00:00:00"),
        ("4. März 2024, 09:05", "2024-03-04 09:05:00"),
        ("4 août 2024", "2024-08-04 00:00:00"),
        ("31 dic 2024", "2024-12-31 00:00:00"),
        ("45355.37854166667", "2024-03-04 09:05:06"),
        ("45355,5", "2024-03-04 12:00:00"),
        ("1709543106", "2024-03-04 09:05:06"),
        ("1709543106.5", "2024-03-04 09:05:06.500000"),
        ("1709543106123", "2024-03-04 09:05:06.123000"),
        ("31/12/2024 11:59 PM", "2024-12-31 23:59:00"),
        ("12/31/2024 11:59 PM", "2024-12-31 23:59:00"),
    ],
)
def test_forms_that_can_be_read_in_one_way(read, text, time):
    assert times(read, text) == [time]


@pytest.mark.parametrize("text", ["202311", "2023-11", "11/2023", "Nov 2023", "2023"])
def test_months_without_a_day_are_refused(read, text):
    ((what, rows),) = read(text)[1]
    assert what.startswith("is a year and month only")
    assert rows == [0]


def test_a_month_is_read_where_its_format_is_said(read):
    assert times(read, "202311", date_format={"": "%Y%m"}) == ["2023-11-01 00:00:00"]


def test_one_slip_in_a_monthly_series_is_asked_for(read):
    series = [f"{month}/1/2024" for month in range(1, 9)]
    ((what, rows),) = read(*series, "25/9/2024")[1]
    assert "alone proves that dates are day first" in what
    assert "--date-format" in what
    assert rows == [8]
    ((what, _),) = read(*[f"1/{month}/2024" for month in range(1, 9)], "9/25/2024")[1]
    assert "alone proves that dates are month first" in what
    assert times(read, "5/1/2024", "13/1/2024", "7/2/2024")[2] == "2024-02-07 00:00:00"
    days = [f"{day}/3/2024" for day in range(1, 29)]
    assert times(read, *days)[0] == "2024-03-01 00:00:00"


@pytest.mark.parametrize("answer", ["mdy", "%m/%d/%Y"])
def test_an_order_that_was_said_holds_with_and_without_a_time_of_day(read, answer):
    found = times(read, "1/2/2024", "2/1/2024 10:30", date_format={"timestamp": answer})
    assert found == ["2024-01-02 00:00:00", "2024-02-01 10:30:00"]


def test_short_years(read):
    days = [f"{day:02}.01.24" for day in (1, 5, 9, 14, 20, 31)]
    assert times(read, *days)[5] == "2024-01-31 00:00:00"
    assert "several orders" in read("05/01/24", "06/02/24")[1][0][0]
    assert times(read, "05/01/24", date_format={"": "dmy"}) == ["2024-01-05 00:00:00"]
    assert times(read, "24/01/05", date_format={"": "ymd"}) == ["2024-01-05 00:00:00"]
    days = [f"24-01-{day:02}" for day in (1, 5, 9, 14, 20, 31)]
    assert times(read, *days)[5] == "2024-01-31 00:00:00"
    # firsts of months over years are no days of years
    assert "several orders" in read(*[f"{year}-02-01" for year in range(18, 25)])[1][0][0]


def test_two_forms_in_one_column_are_refused(read):
    ((what, rows),) = read("2024-01-05", "2024-01-06", "01/07/2024")[1]
    assert "is written in another form than '2024-01-05' (2 lines)" in what
    assert rows == [2]


@pytest.mark.parametrize(
    "zero", ["0000-00-00", "0000-00-00 00:00:00", "1900-01-01", "1970-01-01", "00/00/0000"]
)
def test_stand_ins_of_databases_are_refused_or_put_aside(read, zero):
    ((what, rows),) = read("2024-01-05", "2024-01-06", zero)[1]
    assert "stand-in for no date" in what
    assert "--since" in what
    assert rows == [2]
    assert times(read, "2024-01-05", "2024-01-06", zero, since="2020-01-01") == [
        "2024-01-05 00:00:00",
        "2024-01-06 00:00:00",
    ]


# --- zones ---------------------------------------------------------------------------------------
def test_offsets_of_one_place_keep_the_local_time(read):
    found = times(read, "2024-01-15T23:30:00-05:00", "2024-07-03 11:00:00 -0400")
    assert found == ["2024-01-15 23:30:00", "2024-07-03 11:00:00"]


def test_utc_is_kept_unless_a_zone_is_said(read):
    assert times(read, "2024-01-15T23:30:00Z") == ["2024-01-15 23:30:00"]
    found = times(read, "2024-01-15T23:30:00Z", "2024-07-15T23:30:00Z", timezone="Europe/Berlin")
    assert found == ["2024-01-16 00:30:00", "2024-07-16 01:30:00"]
    assert times(read, "1709543106", timezone="Asia/Tokyo") == ["2024-03-04 18:05:06"]


@pytest.mark.parametrize(
    "values",
    [
        ("2024-01-15 23:30:00", "2024-01-16T10:00:00Z"),
        ("2024-01-15T23:30:00+01:00", "2024-01-16T10:00:00-05:00"),
        # an hour apart, to and fro within one winter: two places
        *[tuple(f"2024-01-{day}T10:00:00+0{1 + day % 2}:00" for day in range(10, 20))],
    ],
)
def test_a_mixture_of_zones_is_refused(read, values):
    ((what, _),) = read(*values)[1]
    assert "--timezone" in what
    assert len(times(read, *values, timezone="Europe/Berlin")) == len(values)


def test_times_without_a_zone_are_those_of_the_shop(read):
    found = times(read, "2024-01-15 23:30:00", "2024-01-16T10:00:00Z", timezone="Europe/Berlin")
    assert found == ["2024-01-15 23:30:00", "2024-01-16 11:00:00"]


def test_an_hour_that_a_clock_skips_is_refused(read):
    ((what, rows),) = read("2024-03-31 02:30:00", "2024-03-31 04:30:00", timezone="Europe/Berlin")[1]
    assert "the hour that the clock skips in Europe/Berlin" in what
    assert rows == [0]


def test_a_format_with_an_offset(read):
    found = times(read, "2024-01-15T23:30:00-05:00", date_format={"": "%Y-%m-%dT%H:%M:%S%z"})
    assert found == ["2024-01-15 23:30:00"]


def test_an_unknown_zone():
    with pytest.raises(UsageError, match="--timezone 'Europe/Berlni' is not known"):
        Reading(timezone="Europe/Berlni")


# --- far from all others -------------------------------------------------------------------------
def daily(n):
    return [str(dt.date(2023, 1, 1) + dt.timedelta(days=i)) for i in range(n)]


@pytest.mark.parametrize(
    ("stray", "option"), [("2042-05-03", "--until"), ("2025-01-01", "--until"), ("2021-05-03", "--since")]
)
def test_a_date_far_from_all_others_is_refused_or_put_aside(read, stray, option):
    days = daily(300)
    ((what, rows),) = read(*days, stray)[1]
    assert f"all other lines (the nearest: {days[-1 if option == '--until' else 0]})" in what
    assert option in what
    assert rows == [300]
    said = {option[2:]: "2023-10-27" if option == "--until" else "2023-01-01"}
    assert len(times(read, *days, stray, **said)) == 300


def test_far_dates_are_kept_where_they_are_meant(read):
    assert len(times(read, *daily(300), "2042-05-03", until="2042-05-03")) == 301
    assert len(times(read, *daily(300), "2021-05-03", since="2021-05-03")) == 301
    # one end that was said does not vouch for the other
    assert "--since" in read(*daily(300), "2021-05-03", until="2024-12-31")[1][0][0]


def test_few_lines_far_apart_are_no_slips(read):
    assert len(times(read, "2020-01-05", "2021-03-01", "2024-05-05")) == 3
    assert read("2023-01-05", "2023-02-01", "2023-03-05", "2042-03-05")[1][0][1] == [3]
    # a season that comes back
    assert len(times(read, *daily(30), *[d.replace("2023", "2024") for d in daily(30)])) == 60


def test_days_without_lines_are_said(read):
    ((what, _),) = read("2024-01-05", until="2020-01-01")[1]
    assert "has no line in the days that were asked for" in what
