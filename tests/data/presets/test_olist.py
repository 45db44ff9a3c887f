"""Olist's files: made-up ones, and (where they are) the published sample."""

import os
from pathlib import Path

import pytest
from bringing import adds_up, said, spend

from crmlab.data.meaning.asked import Meaning
from crmlab.data.own_data import from_csv
from crmlab.errors import DataError

FILES = {
    "orders": "order_id,customer_id,order_status,order_purchase_timestamp,order_approved_at,"
    "order_delivered_carrier_date,order_delivered_customer_date,order_estimated_delivery_date\n"
    "o1,c1,delivered,2018-01-05 10:00:00,,,,2018-01-20 00:00:00\n"
    "o2,c2,delivered,2018-02-05 10:00:00,,,,2018-02-20 00:00:00\n"
    "o3,c3,canceled,2018-03-05 10:00:00,,,,2018-03-20 00:00:00\n"
    "o4,c4,unavailable,2018-04-05 10:00:00,,,,2018-04-20 00:00:00\n",
    "items": "order_id,order_item_id,product_id,seller_id,shipping_limit_date,price,freight_value\n"
    "o1,1,p1,s,2018-01-09 10:00:00,20.00,5.00\no1,2,p1,s,2018-01-09 10:00:00,20.00,5.00\n"
    "o2,1,p2,s,2018-02-09 10:00:00,10.00,4.00\no3,1,p2,s,2018-03-09 10:00:00,10.00,4.00\n",
    "customers": "customer_id,customer_unique_id,customer_zip_code_prefix,customer_city,customer_state\n"
    "c1,u1,1,a,SP\nc2,u1,1,a,SP\nc3,u2,1,a,SP\nc4,u2,1,a,SP\n",
    "payments": "order_id,payment_sequential,payment_type,payment_installments,payment_value\n"
    "o1,1,credit_card,1,30.00\no1,2,voucher,1,20.00\no2,1,boleto,1,14.50\no3,1,boleto,1,14.00\no4,1,boleto,1,9.00\n",
}


@pytest.fixture
def folder():
    made = Path("files")
    made.mkdir()
    for name, text in FILES.items():
        (made / f"olist_{name}_dataset.csv").write_text(text)
    return made


@pytest.mark.parametrize("path", ["files", "files/olist_orders_dataset.csv"])
def test_files_are_joined_to_the_person_and_held_against_what_was_paid(folder, path):
    brought = from_csv("mine", Path(path), meaning=Meaning(preset="olist"))
    assert spend() == {"u1": 50.0}
    assert adds_up(brought)
    assert "(+0.50 in all; o2; all in orders_that_differ.csv beside the table): 1 order" in said(brought)
    assert "orders without a line: 1 order" in said(brought)
    assert "status canceled: put aside" in said(brought)


def test_a_file_that_is_missing_is_named(folder):
    (folder / "olist_payments_dataset.csv").unlink()
    with pytest.raises(
        DataError, match="no file in files has the columns of the payments: order_id, payment_"
    ):
        from_csv("mine", folder, meaning=Meaning(preset="olist"))


@pytest.mark.data
def test_of_the_published_sample_24_orders_differ_from_what_was_paid_and_23_have_no_items():
    sample = Path(os.environ.get("CRMLAB_MIRROR", "nowhere")) / "olist_sample"
    if not sample.is_dir():
        pytest.skip("no olist_sample in the folder that CRMLAB_MIRROR names")
    brought = from_csv("mine", sample, meaning=Meaning(preset="olist"))
    assert ": 24 orders" in said(brought)
    assert "orders without a line: 23 orders" in said(brought)
    assert adds_up(brought)
