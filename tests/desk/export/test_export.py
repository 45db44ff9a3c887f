"""The tables go out whole: views that add up, a dictionary without a gap, nothing half-written."""

from __future__ import annotations

import shutil
from decimal import Decimal

import duckdb
import pandas as pd
import pytest

from crmlab import registry, store
from crmlab.data.own_data import from_csv
from crmlab.data.own_tables import Files, further
from crmlab.desk.export import export, writing
from crmlab.desk.export.meanings import meaning
from crmlab.errors import CrmlabError, DataError, UsageError

ORDERS = """\
order_id,customer,date,sku,qty,amount
O1,A,2024-01-05 10:00,P1,2,10.00
O1,A,2024-01-05 10:00,P2,1,3.00
O2,B,2024-01-05 12:00,P1,1,5.00
R1,A,2024-01-07 09:00,P1,-2,-10.00
O3,A,2024-01-07 18:00,P2,2,6.00
O4,,2024-01-08 18:00,P2,1,3.00
"""


@pytest.fixture
def shop(tmp_path, monkeypatch):
    shutil.copy(registry.PACKAGE.parents[1] / store.PARAMS, tmp_path / store.PARAMS)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DVC_ROOT", raising=False)
    (tmp_path / "orders.csv").write_text(ORDERS)
    (tmp_path / "customers.csv").write_text("customer,region,consent\nA,north,yes\nB,south,no\n")
    files = Files({"customers": tmp_path / "customers.csv"})
    from_csv("mine", tmp_path / "orders.csv", currency="EUR", further=further(files))
    return tmp_path


def ask(folder, sql):
    with duckdb.connect(str(folder / "mine.duckdb"), read_only=True) as connection:
        return connection.execute(sql).fetchall()


def test_days_and_orders_agree_on_coupons_and_on_returns_that_find_no_goods(shop):
    (shop / "orders.csv").write_text(
        ORDERS + "O5,B,2024-01-09 10:00,P1,2,20.00\nO5,B,2024-01-09 10:00,COUPON,1,-4.00\n"
        "R2,B,2024-01-10 10:00,P9,-1,-7.00\n"
    )
    from_csv("mine", shop / "orders.csv", currency="EUR")
    folder = export("mine")
    assert ask(folder, "SELECT taken_back, net FROM orders WHERE order_id = 'O5'") == [
        (Decimal(-4), Decimal(16))
    ]
    # 20 - 4: the 7 of a product that was never sold take nothing off
    assert ask(folder, "SELECT day::VARCHAR, given_back FROM daily_ledger WHERE day >= '2024-01-08'") == [
        ("2024-01-08", Decimal(0)),
        ("2024-01-09", Decimal(-4)),
    ]
    ((of_orders,),) = ask(folder, "SELECT sum(net) FROM orders")
    ((of_days,),) = ask(folder, "SELECT sum(net) FROM daily_ledger")
    assert of_orders == of_days == Decimal(33)


def test_orders_and_days_add_up_to_the_lines(shop):
    folder = export("mine")
    assert folder == shop / "exports" / "mine"
    rows = ask(folder, "SELECT order_id, lines, items, goods, taken_back, net FROM orders ORDER BY 1")
    assert rows == [
        ("O1", 2, 3, Decimal(13), Decimal(-10), Decimal(3)),
        ("O2", 1, 1, Decimal(5), Decimal(0), Decimal(5)),
        ("O3", 1, 2, Decimal(6), Decimal(0), Decimal(6)),
        ("O4", 1, 1, Decimal(3), Decimal(0), Decimal(3)),
    ]
    days = ask(folder, "SELECT day::VARCHAR, orders, new_customers, goods, given_back, net FROM daily_ledger")
    assert days == [
        ("2024-01-05", 2, 2, Decimal(18), Decimal(0), Decimal(18)),
        ("2024-01-07", 1, 0, Decimal(6), Decimal(-10), Decimal(-4)),
        ("2024-01-08", 1, 0, Decimal(3), Decimal(0), Decimal(3)),
    ]
    both = ask(folder, "SELECT (SELECT sum(net) FROM orders), (SELECT sum(net) FROM daily_ledger)")
    lines = ask(folder, "SELECT sum(amount) FROM shop.transactions")
    assert both == [(lines[0][0], lines[0][0])]


def test_customers_have_their_orders_and_their_profile(shop):
    folder = export("mine")
    asked = (
        "SELECT customer, orders, net, mean_order, days_since_last, region FROM customer_summary ORDER BY 1"
    )
    assert ask(folder, asked) == [
        ("A", 2, Decimal(9), 4.5, 1, "north"),
        ("B", 1, Decimal(5), 5.0, 3, "south"),
    ]


def test_the_dictionary_has_every_column_with_its_meaning_and_when_it_is_known(shop):
    folder = export("mine")
    known = {(r[0], r[1]): r[2:] for r in ask(folder, "SELECT * FROM data_dictionary")}
    there = ask(
        folder,
        "SELECT table_name, column_name FROM information_schema.columns "
        "WHERE table_name <> 'data_dictionary'",
    )
    assert set(known) == set(there)
    assert known["transactions", "amount"] == (
        *("DECIMAL(18,4)", "EUR", "what the line comes to; negative where money went back"),
        *("mine (your own data)", "from `timestamp` on"),
    )
    assert known["customer_summary", "region"][2] == "where the customer lives"


@pytest.mark.parametrize("table", registry.names("canonical"))
def test_every_column_of_every_canonical_table_has_a_meaning(table):
    assert not [c for c in registry.find("canonical", table).columns if not meaning(table, c)]


def test_what_arrives_late_says_so(shop):
    (shop / "fulfilment.csv").write_text("order_id,delivered\nO1,2024-01-06\n")
    from_csv("mine", shop / "orders.csv", further=further(Files({"fulfilment": shop / "fulfilment.csv"})))
    folder = export("mine")
    asked = "SELECT known FROM data_dictionary WHERE place = 'fulfilment' AND \"column\" = 'delivered'"
    assert ask(folder, asked) == [("from `delivered` on",)]


def test_lists_come_with_their_day(shop):
    day = store.scratch_folder() / "churn" / "mine" / "as_of_2024-01-08"
    listed = pd.DataFrame(
        {"customer": ["A"], "score": [0.5], "expected_profit": [2.0], "contact": ["contact"]}
    )
    store.write_frame(day / "keep.parquet", listed)
    store.write_frame(day / "answers.parquet", listed[["customer", "score"]])
    folder = export("mine")
    asked = "SELECT task, problem, list, as_of, customer, expected_profit FROM lists"
    assert ask(folder, asked) == [("churn", "mine", "keep", "2024-01-08", "A", 2.0)]
    assert ask(folder, "SELECT task, as_of, customer, score FROM scores") == [
        ("churn", "2024-01-08", "A", 0.5)
    ]


def test_every_table_and_view_is_a_parquet_file_too(shop):
    folder = export("mine")
    names = {f.name for f in (folder / "parquet").glob("*.parquet")}
    assert {"orders.parquet", "daily_ledger.parquet", "shop.transactions.parquet", "lists.parquet"} <= names
    assert len(pd.read_parquet(folder / "parquet" / "orders.parquet")) == 4


def test_where_the_disk_is_full_the_earlier_export_stays(shop, monkeypatch):
    folder = export("mine")
    before = (folder / "mine.duckdb").read_bytes()

    def full(*_):
        raise duckdb.IOException("IO Error: Could not write file: No space left on device")

    monkeypatch.setattr(writing, "_write_parquet", full)
    with pytest.raises(DataError, match="no room for the export of mine"):
        export("mine")
    assert (folder / "mine.duckdb").read_bytes() == before
    assert [f.name for f in folder.parent.iterdir()] == ["mine"]


def test_a_folder_that_holds_something_else_is_not_replaced(shop):
    strange = shop / "elsewhere" / "mine"
    strange.mkdir(parents=True)
    (strange / "letter.txt").write_text("dear")
    with pytest.raises(UsageError, match="is no export of mine"):
        export("mine", to=shop / "elsewhere")
    assert (strange / "letter.txt").read_text() == "dear"


def test_changed_tables_are_not_exported(shop):
    file = store.tables_folder("mine") / "customers.parquet"
    store.write_frame(file, pd.read_parquet(file).assign(region="west"))
    with pytest.raises(CrmlabError, match="it was changed or damaged"):
        export("mine")
    assert not (shop / "exports").exists()


def test_rows_with_an_outcome_go_out_without_views_of_orders(shop):
    from crmlab.data.own_tables import Asked, from_labelled

    (shop / "rows.csv").write_text("who,left\na,1\nb,0\n")
    from_labelled("rows", shop / "rows.csv", Asked("left"))
    folder = export("rows")
    with duckdb.connect(str(folder / "rows.duckdb"), read_only=True) as connection:
        names = {
            r[0] for r in connection.execute("SELECT table_name FROM information_schema.tables").fetchall()
        }
    assert "orders" not in names
    assert {"labelled", "data_dictionary"} <= names
