"""Lines against what the file itself calls the total of their order."""

import pandas as pd
from bringing import bring, said

from crmlab import store

HEADER = "order_id,customer_id,order_date,sku,quantity,unit_price,discount,order_total,shipping\n"


def test_goods_and_fees_less_discounts_are_held_against_it():
    text = (
        HEADER
        + "1,7,2024-01-05,x,2,10,3,21,4\n2,8,2024-01-06,x,1,10,0,10,0\n3,8,2024-01-07,x,1,10,0,12.01,2\n"
    )
    brought = bring(text, fees=("shipping",))
    assert "(+0.01 in all; 3; all in orders_that_differ.csv beside the table): 1 order" in said(brought)
    listed = pd.read_csv(store.tables_folder("mine") / "orders_that_differ.csv")
    assert listed["order_id"].tolist() == [3]
    assert listed["difference"].tolist() == [0.01]


def test_nothing_is_said_or_listed_where_all_add_up():
    brought = bring(HEADER + "1,7,2024-01-05,x,2,10,3,17,0\n")
    assert "own total" not in said(brought)
    assert not (store.tables_folder("mine") / "orders_that_differ.csv").exists()
