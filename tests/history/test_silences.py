"""Silences: counted by hand, returned and open ones, their quantile and the curve of return."""

from __future__ import annotations

import datetime as dt

import ibis
import pandas as pd
import pytest

from crmlab import store
from crmlab.data.cleaning import Rules, flag
from crmlab.data.tables import canonical
from crmlab.history.silences import gap_quantile, return_curve, silences

# a buys on days 0, 10 and 10 again (one day), and 40; b on day 5 alone; the data end with day 59
BOUGHT = {"a": (0, 10, 10, 40), "b": (5,)}
FIRST = pd.Timestamp("2024-01-01")


@pytest.fixture
def found():
    """The silences of two customers."""
    rows = [(customer, day) for customer, days in BOUGHT.items() for day in days]
    lines = pd.DataFrame(
        {
            "line_id": [str(i) for i in range(len(rows))],
            "order_id": [str(i) for i in range(len(rows))],
            "customer": [customer for customer, _ in rows],
            "timestamp": [FIRST + pd.Timedelta(days=day, hours=9 + i) for i, (_, day) in enumerate(rows)],
            "product": "p",
            "quantity": 1,
            "unit_price": 5.0,
            "amount": 5.0,
        }
    )
    tables = {"transactions": ibis.memtable(canonical("transactions", flag(lines, Rules())))}
    return silences(tables, store.engine(), end=dt.datetime(2024, 3, 1))


def test_silences_by_hand(found):
    # 2024-02-29 is day 59: a is silent for 19 days since day 40, b for 54 since day 5
    told = sorted(found.itertuples(index=False, name=None))
    assert told == [(10, True, 1), (19, False, 1), (30, True, 1), (54, False, 1)]


def test_the_quantile_is_of_gaps_that_ended(found):
    assert gap_quantile(found, 0.5) == 10
    assert gap_quantile(found, 0.75) == 30
    assert gap_quantile(found[~found["returned"]], 0.75) is None


def test_the_curve_by_hand(found):
    curve = return_curve(found, (9, 10, 25, 54, 55)).set_index("days")
    # a gap of 10 days is 9 days of silence
    assert curve["silent"].tolist() == [4, 3, 2, 1, 0]
    assert curve["returned"].tolist() == [2, 1, 1, 0, 0]
    assert curve["share"].iloc[:4].tolist() == pytest.approx([1 / 2, 1 / 3, 1 / 2, 0])
    assert pd.isna(curve.loc[55, "share"])
