"""What is known at a cutoff, and where a label lies."""

from __future__ import annotations

import datetime as dt

import ibis
import pandas as pd
import pytest

from crmlab import store
from crmlab.errors import UsageError
from crmlab.windows import Window, before, midnight

CUTOFF = dt.datetime(2024, 3, 1)


def known(table: str, frame: pd.DataFrame) -> pd.DataFrame:
    # arrow, as pandas frames make ibis ask pandas for a deprecated option
    given = ibis.memtable(store.as_arrow(frame))
    cut = before({table: given}, CUTOFF)[table]
    return store.engine().to_pyarrow(cut).to_pandas()


def test_the_cutoff_itself_is_not_known():
    times = pd.to_datetime(["2024-02-29 23:59:59.999999", "2024-03-01 00:00:00.000000"])
    assert len(known("sessions", pd.DataFrame({"timestamp": times}))) == 1


def test_a_late_fact_is_masked_with_what_it_brings():
    tickets = pd.DataFrame(
        {
            "timestamp": pd.to_datetime(["2024-02-01", "2024-02-01"]),
            "first_response_at": pd.to_datetime(["2024-02-02", "2024-03-01"]),
            "resolved_at": pd.to_datetime(["2024-02-03", "2024-03-01"]),
            "satisfaction": [5, 1],
        }
    )
    found = known("tickets", tickets)
    assert found["satisfaction"].tolist()[0] == 5
    assert found.iloc[1][["first_response_at", "resolved_at", "satisfaction"]].isna().all()


def test_tables_without_a_time_pass_whole():
    assert len(known("customers", pd.DataFrame({"customer": ["a", "b"]}))) == 2


def test_label_window():
    window = Window(CUTOFF, horizon_days=10, gap_days=2)
    assert window.start == dt.datetime(2024, 3, 3)
    assert window.end == dt.datetime(2024, 3, 13)


def test_midnight():
    assert midnight("2024-03-01") == CUTOFF == midnight(dt.date(2024, 3, 1))
    with pytest.raises(UsageError, match="'1 March' is not a date"):
        midnight("1 March")
