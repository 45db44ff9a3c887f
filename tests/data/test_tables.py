"""Canonical tables: types, order, bytes, fingerprint, and what happens when something is wrong."""

import decimal
import types

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from crmlab import registry, store
from crmlab.data import tables
from crmlab.data.cleaning import Rules
from crmlab.declare.dataset import Dataset, Source
from crmlab.errors import DataError

SHOP = Dataset(
    label="Shop", cite="Nobody", licence="CC0", homepage="", currency="EUR", span=("2024-01-01", "2024-12-31")
)


def orders():
    return pd.DataFrame(
        {
            "amount": [3.0, 0.1 + 0.2, -3.0],
            "line_id": ["b", "a", "c"],
            "order_id": ["00123", "00123", "C1"],
            "customer": ["17850", None, "17850"],
            "timestamp": pd.to_datetime(["2024-03-01", "2024-02-01", "2024-04-01"]),
            "product": ["NA", None, "NA"],
            "quantity": [2, 1, -2],
            "unit_price": [1.5, 0.1 + 0.2, 1.5],
        }
    )


def declare(monkeypatch, declared=SHOP, **adapters):
    module = types.SimpleNamespace(**adapters)
    find, import_of = registry.find, registry.module
    monkeypatch.setattr(registry, "find", lambda f, n: declared if f == "datasets" else find(f, n))
    monkeypatch.setattr(registry, "module", lambda f, n: module if f == "datasets" else import_of(f, n))


def test_types_order_and_fingerprint(project, monkeypatch):
    declare(monkeypatch, transactions=lambda raw: orders(), RULES=Rules(cancellation_prefix="C"))
    found = tables.make_tables("shop")
    written = pq.read_table(store.tables_folder("shop") / "transactions.parquet")
    assert written["line_id"].to_pylist() == ["a", "b", "c"]
    assert written["order_id"].to_pylist() == ["00123", "00123", "C1"]
    assert written["product"].to_pylist() == [None, "NA", "NA"]
    assert written["amount"].to_pylist() == [decimal.Decimal("0.3000"), 3, -3]
    assert written["cancels_line"].to_pylist() == [None, None, "b"]
    types_found = {f.name: f.type for f in written.schema}
    assert types_found["amount"] == types_found["unit_price"] == pa.decimal128(18, 4)
    assert types_found["timestamp"] == pa.timestamp("us")
    assert types_found["quantity"] == pa.int64()
    assert types_found["customer"] == types_found["cancels_line"] == pa.string()
    assert types_found["is_fee"] == pa.bool_()
    facts = found["tables"]["transactions"]
    assert (facts["rows"], facts["first"], facts["last"]) == (3, "2024-02-01 00:00:00", "2024-04-01 00:00:00")
    assert facts["columns"]["customer"] == "string, 1 null"
    assert facts["digest"] == store.digest(written)
    assert found["flags"]["is_cancellation"]["amount"] == -3
    assert found == store.read_json(store.fingerprint_file("shop"), made_by="")


def test_the_same_tables_have_the_same_bytes_in_any_order_of_rows(project, monkeypatch):
    files = []
    for frame in (orders(), orders().sample(frac=1, random_state=1)[orders().columns[::-1]]):
        declare(monkeypatch, transactions=lambda raw, frame=frame: frame)
        tables.make_tables("shop")
        folder = store.tables_folder("shop")
        files.append(
            [(folder / "transactions.parquet").read_bytes(), store.fingerprint_file("shop").read_bytes()]
        )
    assert files[0] == files[1]


def test_several_tables_notes_and_truth(project, monkeypatch):
    rows = pd.DataFrame(
        {
            "row_id": ["02", "01"],
            "outcome": [0, 1],
            "period": pd.array([pd.NA, pd.NA], dtype="Int64"),
            "emp.var.rate": [1.1, None],
            "job": [None, "clerk"],
            "Weekend": [True, False],
        }
    )
    truth = {"customers": pd.DataFrame({"customer": ["1"], "alive_until": pd.to_datetime([None])})}
    declare(
        monkeypatch,
        tables=lambda raw: {"labelled": rows, "transactions": orders()},
        truth=lambda raw: truth,
        notes=lambda made: {"oddities": len(made["labelled"])},
    )
    found = tables.make_tables("shop")
    folder = store.tables_folder("shop")
    assert sorted(p.name for p in folder.glob("*.parquet")) == ["labelled.parquet", "transactions.parquet"]
    labelled = pq.read_table(folder / "labelled.parquet")
    assert labelled.column_names == ["row_id", "outcome", "period", "emp.var.rate", "job", "Weekend"]
    assert labelled.to_pylist()[0] == {
        "row_id": "01",
        "outcome": 1,
        "period": None,
        "emp.var.rate": None,
        "job": "clerk",
        "Weekend": False,
    }
    assert found["notes"] == {"oddities": 2}
    assert pq.read_table(store.truth_folder("shop") / "customers.parquet").num_rows == 1
    assert found["truth"]["customers"]["rows"] == 1


def test_a_table_that_is_not_as_declared_leaves_the_old_ones(project, monkeypatch):
    declare(monkeypatch, transactions=lambda raw: orders())
    before = tables.make_tables("shop")
    late = orders().assign(timestamp=pd.Timestamp("2025-01-01"))
    declare(monkeypatch, transactions=lambda raw: late.rename(columns={"amount": "amont"}))
    with pytest.raises(DataError) as error:
        tables.make_tables("shop")
    for says in ("'amount' is missing. Did you mean 'amont'?", "outside the span 2024-01-01 to 2024-12-31"):
        assert says in str(error.value)
    assert store.read_json(store.fingerprint_file("shop"), made_by="") == before
    assert sorted(p.name for p in (project / "data/tables").iterdir()) == ["shop", "shop.json"]


def test_raw_files_are_verified_first(project, monkeypatch):
    declared = Dataset(
        label="", cite="", licence="", homepage="", sources=(Source("a.csv", "0" * 64, "https://x"),)
    )
    declare(monkeypatch, declared, transactions=lambda raw: orders())
    with pytest.raises(DataError, match="run `crmlab fetch shop` first") as error:
        tables.make_tables("shop")
    assert "data/raw/shop/a.csv is missing" in str(error.value)


def test_a_file_without_adapters_is_refused(project, monkeypatch):
    declare(monkeypatch)
    with pytest.raises(DataError, match=r"adapter: define one of .*contacts, .*customers.*transactions"):
        tables.make_tables("shop")


def test_what_a_killed_process_left_is_removed(project, monkeypatch):
    declare(monkeypatch, transactions=lambda raw: orders())
    left_over = project / "data/tables/.shop.abc.part"
    other = project / "data/tables/.shop_ii.abc.part"
    for folder in (left_over, other):
        folder.mkdir(parents=True)
        (folder / "transactions.parquet").write_bytes(b"half")
    (project / "data/tables/.shop.json.abc.part").write_text("{")
    tables.make_tables("shop")
    assert sorted(p.name for p in (project / "data/tables").iterdir()) == [other.name, "shop", "shop.json"]
