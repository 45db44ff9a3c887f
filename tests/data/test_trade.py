"""What a shop sells, against values computed by hand."""

from __future__ import annotations

import pandas as pd
import pytest

from crmlab.data import trade
from crmlab.data.own_data import from_csv
from crmlab.data.own_tables import Asked, Files, from_labelled, further
from crmlab.errors import NotApplicable
from crmlab.findings.shop import overview
from crmlab.plots import shop_calendar

ORDERS = """\
order_id,customer,date,sku,qty,amount
O1,A,2024-01-05 10:00,P1,2,10.00
O1,A,2024-01-05 10:00,P2,1,3.00
O2,B,2024-01-06 12:00,P1,1,5.00
R1,A,2024-01-07 09:00,P1,-2,-10.00
O3,A,2024-03-04 18:00,P2,2,6.00
O4,,2024-03-04 20:00,P2,1,3.00
O5,C,2024-03-31 21:00,P1,4,20.00
"""


@pytest.fixture
def shop(project):
    (project / "orders.csv").write_text(ORDERS)
    (project / "sent.csv").write_text(
        "order_id,promised,delivered\nO1,2024-01-08,2024-01-08 15:00\nO2,2024-01-08,2024-01-09 12:00\nO3,,\n"
    )
    (project / "products.csv").write_text("sku,category,name\nP1,tea,Green tea\nP2,tea,\n")
    files = Files({"fulfilment": project / "sent.csv", "products": project / "products.csv"})
    from_csv("mine", project / "orders.csv", further=further(files))
    return project


def test_an_order_is_worth_what_was_kept_of_it(shop):
    made = trade.orders("mine").set_index("order_id")
    assert made["net"].to_dict() == {"O1": 3.0, "O2": 5.0, "O3": 6.0, "O4": 3.0, "O5": 20.0}
    assert made.loc["O1", "items"] == 3


def test_months_without_an_order_are_there(shop):
    months = trade.monthly("mine")
    assert months["month"].astype(str).tolist() == ["2024-01", "2024-02", "2024-03"]
    assert months["orders"].tolist() == [2, 0, 3]
    assert months["customers"].tolist() == [2, 0, 2]
    assert months["new"].tolist() == [2, 0, 1]
    assert months["net"].tolist() == [8.0, 0.0, 29.0]


def test_a_cohort_is_counted_as_far_as_the_data_reach(shop):
    table = trade.cohorts("mine")
    assert table["size"].to_dict() == {"2024-01": 2, "2024-03": 1}
    assert table.loc["2024-01", [1, 2]].tolist() == [0.0, 0.5]
    assert table.loc["2024-03"].drop("size").isna().all()


def test_the_last_month_counts_only_where_it_is_whole(shop):
    text = ORDERS.replace("2024-03-31", "2024-03-30")
    (shop / "orders.csv").write_text(text)
    from_csv("mine", shop / "orders.csv")
    assert 2 not in trade.cohorts("mine")


def test_weekdays_hours_and_days(shop):
    assert trade.weekdays("mine").tolist() == [0.4, 0, 0, 0, 0.2, 0.2, 0.2]
    hours = trade.hours("mine")
    assert hours.loc[0, 18] == hours.loc[0, 20] == 0.2
    by_day = trade.daily("mine")
    assert len(by_day) == 87
    assert by_day["2024-03-04"] == 9.0
    assert list(shop_calendar.peaks(by_day)) == list(
        pd.to_datetime(["2024-03-31", "2024-03-04", "2024-01-06"])
    )


def test_the_products_that_make_the_revenue(shop):
    best = trade.products("mine")
    assert best["product"].tolist() == ["P1", "P2"]
    assert best["name"].tolist() == ["Green tea", "P2"]
    assert best["net"].tolist() == [25.0, 12.0]
    assert best["share"].tolist() == pytest.approx([25 / 37, 12 / 37])


def test_a_promise_of_a_day_holds_until_its_end(shop):
    came = trade.deliveries("mine")
    assert came["late"].tolist() == [0.0, 1.0]
    assert came["days"].tolist() == pytest.approx([3 + 5 / 24, 3.0])


def test_a_shop_in_numbers(shop):
    found = overview.find("mine")
    value = found.table.set_index("number")["value"]
    assert value["net"] == 37.0
    assert value["repeat_share"] == pytest.approx(1 / 3)
    assert value["unknown_share"] == 0.2
    assert value["tenth_share"] == pytest.approx(20 / 34)
    assert value["late_share"] == 0.5
    assert found.sentences[0].startswith("5 orders from 2024-01-05 to 2024-03-31 came to 37 currency units")


def test_orders_of_days_have_no_hours_and_rows_no_orders(shop):
    (shop / "days.csv").write_text("customer,date,amount\nA,2024-01-05,3\nB,2024-01-06,4\n")
    from_csv("days", shop / "days.csv")
    with pytest.raises(NotApplicable, match="days and no hours"):
        trade.hours("days")
    with pytest.raises(NotApplicable, match="single month"):
        trade.cohorts("days")
    with pytest.raises(NotApplicable, match="name no products"):
        trade.products("days")
    with pytest.raises(NotApplicable, match="what was delivered"):
        trade.deliveries("days")
    (shop / "rows.csv").write_text("who,left\na,1\nb,0\n")
    from_labelled("rows", shop / "rows.csv", Asked("left"))
    with pytest.raises(NotApplicable, match="no orders"):
        trade.orders("rows")
