"""Pictures of a data set: quality from the fingerprint, activity from the tables."""

from __future__ import annotations

import datetime as dt

import pandas as pd
import pytest

from crmlab import store
from crmlab.errors import NotApplicable
from crmlab.plots import activity, data_quality

FLAG = {"lines": 2, "share_of_lines": 0.25, "amount": -5.0, "share_of_gross_revenue": -0.05}


def fingerprint(**more):
    """Write the fingerprint of the data set 'cdnow' in the current project."""
    content = {"dataset": "cdnow", "label": "CDNOW", "tables": {}} | more
    store.write_json(store.fingerprint_file("cdnow"), content)


def test_flags_are_shown_with_their_revenue(project, whole):
    flags = {"is_cancellation": FLAG, "is_fee": FLAG | {"lines": 0, "share_of_gross_revenue": None}}
    fingerprint(tables={"transactions": {"rows": 8, "columns": {}}}, flags=flags)
    texts = whole(data_quality.draw("cdnow"))
    assert {"cancellation\n2 lines", "25.00%", "-5.00%"} <= set(texts)


def test_labelled_rows_show_what_is_missing(project, whole):
    columns = {"age": "int64", "pdays": "double, 1,200 null", "paid": "decimal128(18, 4), 300 null"}
    fingerprint(tables={"labelled": {"rows": 1500, "columns": columns}})
    texts = whole(data_quality.draw("cdnow"))
    assert {"pdays", "80.00%", "paid", "20.00%"} <= set(texts)
    assert "age" not in texts


def test_whole_rows_need_no_picture(project):
    fingerprint(tables={"labelled": {"rows": 15, "columns": {"age": "int64"}}})
    with pytest.raises(NotApplicable, match="none of the 15 rows"):
        data_quality.draw("cdnow")


def orders():
    """Return order lines in two months; one line is a cancellation."""
    days = [
        dt.datetime(2024, 1, 5),
        dt.datetime(2024, 1, 6),
        dt.datetime(2024, 2, 1),
        dt.datetime(2024, 2, 2),
    ]
    return pd.DataFrame(
        {
            "line_id": list("abcd"),
            "order_id": ["1", "2", "3", "4"],
            "customer": ["x", "x", "y", "y"],
            "timestamp": days,
            "is_cancellation": [False, False, False, True],
            "is_write_off": False,
            "is_bad_debt": False,
        }
    )


def test_orders_and_customers_per_month(project, whole):
    store.write_frame(store.tables_folder("cdnow") / "transactions.parquet", orders())
    figure = activity.draw("cdnow")
    drawn = {ln.get_label(): ln.get_ydata().tolist() for ln in figure.axes[0].get_lines()}
    assert drawn == {"orders": [2, 1], "customers": [1, 1]}
    assert activity.draw("cdnow").png() == figure.png()
    assert any("3 orders in 2 calendar months" in text for text in whole(figure))


def test_the_rate_drifts_along_the_rows(project, whole):
    rows = pd.DataFrame({"outcome": [0] * 60 + [1] * 20, "period": range(80)})
    store.write_frame(store.tables_folder("cdnow") / "labelled.parquet", rows)
    figure = activity.draw("cdnow")
    rate = figure.axes[0].get_lines()[0].get_ydata()
    assert rate.tolist() == [0.0] * 30 + [1.0] * 10
    whole(figure)


def test_rows_without_time_have_no_activity(project):
    rows = pd.DataFrame({"outcome": [0, 1], "period": pd.array([None, None], dtype="Int64")})
    store.write_frame(store.tables_folder("cdnow") / "labelled.parquet", rows)
    with pytest.raises(NotApplicable, match="no order in time"):
        activity.draw("cdnow")
