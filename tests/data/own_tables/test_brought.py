"""The further tables of a shop: recognised, read strictly, checked against the orders, replaced together."""

from __future__ import annotations

import pandas as pd
import pytest

from crmlab import store
from crmlab.data.own_data import from_csv
from crmlab.data.own_tables import Files, further
from crmlab.errors import CrmlabError

ORDERS = """\
order_id,customer,date,sku,qty,price
O1,A,2024-01-05 10:00,P1,1,5.00
O2,A,2024-02-10 11:00,P2,2,3.00
O3,B,2024-02-20 12:00,P1,1,5.00
"""


@pytest.fixture
def project(project):
    (project / "orders.csv").write_text(ORDERS)
    return project


def bring(project, columns=None, **texts):
    """Bring the orders with further tables, given as the texts of their files; return what was said."""
    paths = {}
    for table, text in texts.items():
        paths[table] = project / f"{table}.csv"
        paths[table].write_text(text, encoding="utf-8")
    files = Files(paths, columns or {})
    from_csv("mine", project / "orders.csv", further=further(files))
    return files.said


def read(table):
    return pd.read_parquet(store.tables_folder("mine") / f"{table}.parquet")


def refusal(project, **texts):
    with pytest.raises(CrmlabError) as error:
        bring(project, **texts)
    assert error.value.exit_code == 2
    assert not store.fingerprint_file("mine").exists()
    assert not store.tables_folder("mine").exists()
    return str(error.value)


def test_a_delivery_has_the_time_of_its_order_and_strange_orders_are_counted(project):
    said = bring(
        project,
        fulfilment="Order ID;Estimated delivery date;Delivered at\nO1;19/01/2024;13/01/2024 08:00\nO9;;\n",
    )
    row = read("fulfilment").iloc[0]
    assert (row["order_id"], len(read("fulfilment"))) == ("O1", 1)
    assert row["timestamp"] == pd.Timestamp("2024-01-05 10:00")
    assert row["delivered"] == pd.Timestamp("2024-01-13 08:00")
    assert pd.isna(row["shipped"])
    assert any("put aside: 1 deliveries of orders that are not among the orders" in line for line in said)


def test_a_date_that_can_be_read_in_two_ways_is_refused_with_its_line(project):
    said = refusal(project, fulfilment="order_id,delivered\nO1,01/02/2024\n")
    assert "delivered '01/02/2024' can be read as day/month or as month/day" in said
    assert "--date-format" in said
    assert "(line 2)" in said


def test_reviews_have_the_customer_of_their_order(project):
    bring(project, reviews='order,stars,comment,created\nO3,4,"fine,\nreally",2024-03-01\nO8,1,,2024-03-02\n')
    reviews = read("reviews")
    assert reviews["customer"].fillna("nobody").tolist() == ["B", "nobody"]
    assert reviews["score"].tolist() == [4, 1]
    assert reviews["text"].fillna("").tolist() == ["fine,\nreally", ""]


def test_every_fault_of_a_file_is_named_with_its_lines_and_nothing_is_written(project):
    said = refusal(
        project, reviews="id,order,stars,created\n1,O1,6,2024-01-09\n1,O2,good,2024-13-01\n2,O3,,\n"
    )
    assert "id '1' is there twice (line 3)" in said
    assert "stars '6' is none of 1, 2, 3, 4, 5 (line 2)" in said
    assert "stars 'good' is not a whole number (line 3)" in said
    assert "created '2024-13-01' is not a date" in said
    assert "give --date-format) (lines 3, 4)" in said


def test_a_column_that_is_not_recognised_is_asked_for(project):
    said = refusal(project, consents="customer,medium,was,since\nA,email,yes,2024-01-01\n")
    assert "no column for 'state'" in said
    assert "--column 'consents.state=YOURS'" in said
    bring(
        project,
        {"consents": {"state": "was"}},
        consents="customer,medium,was,since\nA,email,Opt-in,2024-01-01\nB,email,unsubscribed,2024-01-01\n",
    )
    assert read("consents")["state"].tolist() == ["explicit", "objected"]
    assert read("consents")["purpose"].tolist() == ["marketing"] * 2


def test_a_state_of_no_known_word_is_refused(project):
    said = refusal(project, consents="customer,channel,state,since\nA,email,perhaps,2024-01-01\n")
    assert "state 'perhaps' is none of explicit, soft opt-in, none, objected (line 2)" in said


def test_ids_that_are_written_in_another_way_are_refused(project):
    said = refusal(project, tickets="customer,opened,topic\n000A,2024-01-07,delivery\n")
    assert "none of the 1 customers of tickets ('000A', ...) is among those of the orders ('A', ...)" in said


def test_what_is_impossible_is_refused_with_its_line(project):
    says = refusal(
        project,
        products="product,unit_cost\nP1,2.00\nP2,-1.00\n",
        memberships="customer,started,ended,fee\nA,2024-01-05,2024-01-01,5\nB,2024-01-05,,5\n",
    )
    assert "unit_cost '-1.0' is below 0 (line 3)" in says or "unit_cost '-1' is below 0 (line 3)" in says
    says = refusal(project, memberships="customer,started,ended,fee\nA,2024-01-05,2024-01-01,5\n")
    assert "ended '2024-01-01 00:00:00' lies before started (line 2)" in says


def test_what_is_odd_is_told(project):
    said = bring(
        project,
        fulfilment="order_id,promised,shipped,delivered\nO1,2024-01-19,2024-01-12,2024-01-11\n",
        tickets="customer,date,topic\nA,2024-02-19,late\nA,2024-06-01,late\n",
    )
    assert "  1 deliveries arrived before they were sent off: kept as they are" in said
    assert "  1 rows lie after 2024-02-20, the last day of the orders" in said


def test_customers_are_spelt_as_in_the_orders(project):
    orders = ORDERS.replace(",A,", ",Ann@X.de,").replace(",B,", ",Jos\u00e9,")
    (project / "orders.csv").write_text(orders, encoding="utf-8")
    bring(project, tickets="customer,date,topic\nANN@x.de,2024-02-19,late\nJose\u0301,2024-02-20,late\n")
    assert set(read("tickets")["customer"]) == {"ann@x.de", "Jos\u00e9"}


def test_an_assortment_begins_with_the_first_sale(project):
    said = bring(project, assortment="sku,category path,stock\nP2,Home>Pans,4\nP7,Home > Pots,0\n")
    found = read("assortment").set_index("product")
    assert found.loc["P2", "available_from"] == pd.Timestamp("2024-02-10 11:00")
    assert found.loc["P7", "available_from"] == pd.Timestamp("2024-01-05")
    assert found["category"].tolist() == ["Home > Pots", "Home > Pans"]
    assert found["stock_at"].unique().tolist() == [pd.Timestamp("2024-02-20 12:00")]
    assert any("stock has no date" in line for line in said)


EVENTS = """\
cookie,user,time,event,sku,search term
v1,,2024-01-05 09:00,page_view,P1,
v1,,2024-01-05 09:20,Search,,pans
v1,A,2024-01-05 09:55,login,,
v1,,2024-01-05 09:58,add_to_cart,P1,
v1,,2024-01-05 10:00,purchase,P1,
v2,,2024-02-01 23:50,view,P2,
v2,,2024-02-02 00:05,view,P2,
v2,,2024-02-02 00:06,scroll,P2,
"""


def test_a_visitors_events_are_the_customers_from_the_sign_in_on(project):
    said = bring(project, events=EVENTS)
    events = read("events")
    assert events["kind"].tolist() == ["view", "search", "cart", "buy", "view", "view"]
    assert events["customer"].fillna("").tolist() == ["A"] * 4 + [""] * 2
    known = events["signed_in_at"].dt.strftime("%H:%M").fillna("").tolist()
    assert known == ["09:55", "09:55", "09:58", "10:00", "", ""]
    assert any("put aside: 1 events of another kind, 'scroll'" in line for line in said)


def test_visits_are_cut_at_half_an_hour_and_at_midnight(project):
    bring(project, events=EVENTS)
    visits = read("sessions")
    assert visits["customer"].tolist() == ["visitor:v1", "A", "visitor:v2", "visitor:v2"]
    assert visits["pages"].tolist() == [1, 0, 1, 1]
    assert visits["carted"].tolist() == [False, True, False, False]
    assert visits["order_id"].fillna("").tolist() == ["", "O1", "", ""]
    assert visits["duration_seconds"].tolist() == [1200.0, 120.0, 0.0, 0.0]


def test_sessions_of_the_shops_own_are_taken_as_they_are(project):
    own = "customer,time,pages,duration,cart,order_id\nA,2024-01-05 10:00,7,300.5,yes,O1\n"
    bring(project, events=EVENTS, sessions=own)
    assert read("sessions")["pages"].tolist() == [7]


def test_all_tables_are_replaced_together(project):
    bring(project, events=EVENTS, tickets="customer,opened,topic\nA,2024-01-07,delivery\n")
    known = store.read_json(store.fingerprint_file("mine"), made_by="")["tables"]
    assert list(known) == ["events", "sessions", "tickets", "transactions"]
    digest = store.digest_of_file(store.tables_folder("mine") / "events.parquet", made_by="")
    assert known["events"]["digest"] == digest
    with pytest.raises(CrmlabError):
        bring(project, tickets="customer,opened,topic\nA,soon,delivery\n")
    assert store.read_json(store.fingerprint_file("mine"), made_by="")["tables"] == known
    assert len(read("events")) == 6
    bring(project, tickets="customer,opened,topic\nA,2024-01-07,delivery\n")
    assert not (store.tables_folder("mine") / "events.parquet").exists()
