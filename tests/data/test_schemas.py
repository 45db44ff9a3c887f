"""The schema check: every fault of a table in one message."""

import decimal

import pandas as pd
import pytest

from crmlab import registry
from crmlab.data import schemas
from crmlab.declare.table import TIME
from crmlab.errors import DataError

SPAN = ("2024-01-01", "2024-01-31")


def orders(**changes):
    columns = {
        "line_id": ["1", "2", "3"],
        "order_id": ["a", "a", "b"],
        "customer": ["007", None, "NA"],
        "timestamp": pd.to_datetime(
            ["2024-01-01", "2024-01-31 23:59:59.999", "2024-01-10"], format="ISO8601"
        ),
        "product": ["x", None, "y"],
        "quantity": [1, 2, -1],
        "unit_price": [1.5, 2.0, 1.0],
        "amount": [decimal.Decimal("1.5"), decimal.Decimal(4), decimal.Decimal(-1)],
    }
    return pd.DataFrame(columns | changes)


def faults(frame, table="transactions", **options):
    with pytest.raises(DataError) as error:
        schemas.check(table, frame, dataset="shop", **options)
    return str(error.value)


def test_a_good_table_passes_unchanged():
    frame = orders()
    pd.testing.assert_frame_equal(schemas.check("transactions", frame, dataset="shop", span=SPAN), orders())


def test_all_faults_at_once():
    frame = orders(
        line_id=["1", "1", None],
        quantity=["1", "2", "x"],
        timestamp=pd.to_datetime(["2023-12-31", "2024-02-01", "2024-01-10"]),
        is_fee=[0, 1, 0],
    ).rename(columns={"customer": "custmer"})
    text = faults(frame, span=SPAN)
    assert "shop: table 'transactions' (3 rows) is not as declared" in text
    assert "column 'customer' is missing. Did you mean 'custmer'?" in text
    assert "column 'custmer' is not known. Did you mean 'customer'" in text
    assert "key 'line_id' is null in 1 row (row 2)" in text
    assert "key 'line_id' repeats in 2 rows (row 0, row 1): '1'" in text
    assert "column 'quantity' should be a whole number, is str: '1', '2', 'x'" in text
    assert "column 'is_fee' should be true or false, is int64" in text
    assert "'timestamp' lies outside the span 2024-01-01 to 2024-01-31 in 2 rows (row 0, row 1)" in text
    assert "'2023-12-31 00:00:00', '2024-02-01 00:00:00'" in text


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"customer": [7, 8, 9]}, "column 'customer' should be text, is int64: '7'"),
        ({"unit_price": [1.0, float("inf"), 2.0]}, "'unit_price' should be money"),
        ({"amount": [True, False, True]}, "'amount' should be money, is bool"),
        ({"quantity": [1.0, 2.5, 1.0]}, "'quantity' should be a whole number, is float64"),
        ({"order_id": ["a", None, "b"]}, "column 'order_id' is null in 1 row (row 1)"),
        (
            {"rating": [1.0, None, 7.0]},
            "'rating' has values other than 1, 2, 3, 4, 5 in 1 row (row 2): '7.0'",
        ),
        ({"timestamp": ["2024-01-01"] * 3}, "'timestamp' should be a time, is str"),
        (
            {"timestamp": pd.to_datetime(["2024-01-02"] * 3).tz_localize("UTC")},
            "'timestamp' should be a time, is datetime64",
        ),
    ],
)
def test_each_kind_of_fault(changes, says):
    assert says in faults(orders(**changes), span=SPAN)


def test_nulls_may_make_whole_numbers_floats_and_columns_shapeless():
    frame = orders(rating=[1.0, None, 5.0], rated_at=[None] * 3, product=[None] * 3)
    assert len(schemas.check("transactions", frame, dataset="shop")) == 3


def test_labelled_takes_any_further_columns_but_the_others_do_not():
    rows = pd.DataFrame({"row_id": ["1"], "outcome": [1], "period": [None], "emp.var.rate": [1.1]})
    assert "emp.var.rate" in schemas.check("labelled", rows, dataset="bank")
    assert "'outcome' has values other than 0, 1" in faults(rows.assign(outcome=2), "labelled")
    assert "column 'emp.var.rate' is not known" in faults(
        orders().assign(**{"emp.var.rate": 1.0}), "transactions"
    )


def test_an_unknown_table_is_refused():
    assert "no canonical table is called 'transaction'. Did you mean 'transactions'" in faults(
        orders(), "transaction"
    )


@pytest.mark.parametrize("table", registry.names("canonical"))
def test_a_canonical_table_says_when_its_facts_became_known(table):
    declared = registry.find("canonical", table)
    assert not declared.columns[declared.key].null
    assert declared.columns[declared.key].required
    if declared.time:
        assert declared.columns[declared.time].kind == TIME
    for column, brings in declared.late.items():
        assert declared.columns[column].kind == TIME
        assert all(declared.columns[c].null for c in (column, *brings))
