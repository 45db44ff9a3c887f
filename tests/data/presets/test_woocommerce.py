"""WooCommerce's export of orders, one row per item, on made-up rows under the whole published header."""

import csv
import io

import pandas as pd
from bringing import adds_up, bring, said, spend

from crmlab import store

HEADER = """\
order_id,order_number,order_date,status,shipping_total,shipping_tax_total,fee_total,fee_tax_total,
tax_total,discount_total,order_total,refunded_total,order_currency,payment_method,shipping_method,
customer_id,billing_first_name,billing_last_name,billing_full_name,billing_company,vat_number,
billing_email,billing_phone,billing_address_1,billing_address_2,billing_postcode,billing_city,
billing_state,billing_state_code,billing_country,shipping_first_name,shipping_last_name,
shipping_full_name,shipping_address_1,shipping_address_2,shipping_postcode,shipping_city,
shipping_state,shipping_state_code,shipping_country,shipping_company,customer_note,item_id,
item_product_id,item_name,item_sku,item_quantity,item_subtotal,item_subtotal_tax,item_total,
item_total_tax,item_refunded,item_refunded_qty,item_meta,item_price,line_items,shipping_items,
fee_items,tax_items,coupon_items,refunds,order_notes,download_permissions""".replace("\n", "").split(",")

NOTHING = dict.fromkeys(
    ("shipping_total", "shipping_tax_total", "fee_total", "tax_total", "refunded_total"), "0.00"
)


def order(number, *items, mail="", customer="0", state="completed", **own):
    """Return the rows of an order: what is its own on every one."""
    whole = NOTHING | {
        "order_id": number,
        "order_date": f"2024-03-{number} 10:00:00",
        "status": state,
        "order_currency": "EUR",
        "customer_id": customer,
        "billing_email": mail,
        **own,
    }
    return [
        whole
        | dict(
            zip(
                ("item_id", "item_sku", "item_quantity", "item_subtotal", "item_total"), item[:5], strict=True
            )
        )
        | dict(zip(("item_refunded", "item_refunded_qty"), item[5:] or ("0", "0"), strict=True))
        for item in items
    ]


def export(*orders):
    """Return the text of an export."""
    file = io.StringIO()
    writer = csv.DictWriter(file, HEADER, restval="")
    writer.writeheader()
    writer.writerows(row for rows in orders for row in rows)
    return file.getvalue()


ORDER = order(
    11,
    ("1", "CUP", 2, "40.00", "36.00", "10.00", "0"),
    ("2", "BAG", 1, "10.00", "8.00"),
    mail="Cy@example.org",
    shipping_total="5.00",
    shipping_tax_total="1.00",
    fee_total="2.00",
    tax_total="9.00",
    order_total="60.00",
    refunded_total="15.00",
)


def test_goods_fees_discounts_and_refunds_are_told_apart():
    brought = bring(export(ORDER))
    # 50 less 6 of coupons, less 10 that an item gave back; the other 5 came back of the shipping
    assert spend() == {"cy@example.org": 34.0}
    assert "own total" not in said(brought)
    assert adds_up(brought)
    lines = pd.read_parquet(store.tables_folder("mine") / "transactions.parquet")
    # what stays with the shop: 60 less 15
    assert float(lines["amount"].sum()) == 45.0


def test_taxes_of_shipping_may_stand_beside_the_others():
    rows = [row | {"tax_total": "8.00"} for row in ORDER]
    assert "own total" not in said(bring(export(rows)))


def test_a_refund_without_items_comes_off_the_goods():
    brought = bring(
        export(
            order(
                12,
                ("3", "BAG", 2, "20.00", "20.00"),
                mail="d@x.org",
                order_total="20.00",
                refunded_total="5.00",
            )
        )
    )
    assert spend() == {"d@x.org": 15.0}
    assert adds_up(brought)


def test_guests_are_known_by_their_address_and_customers_without_one_by_their_number():
    guest = order(13, ("4", "BAG", 1, "10.00", "10.00"), mail="e@x.org", order_total="10.00")
    member = order(
        14, ("5", "BAG", 1, "10.00", "10.00"), customer="77", order_total="10.00", state="processing"
    )
    nobody = order(15, ("6", "BAG", 1, "10.00", "10.00"), order_total="10.00")
    failed = order(16, ("7", "BAG", 1, "10.00", "10.00"), mail="e@x.org", order_total="10.00", state="failed")
    brought = bring(export(guest, member, nobody, failed))
    assert spend() == {"e@x.org": 10.0, "77": 10.0}
    assert brought.fingerprint["flags"]["is_anonymous"]["lines"] == 1
    assert "status failed: put aside" in said(brought)


def test_equal_items_of_an_order_are_told_apart():
    twice = order(
        17,
        ("8", "BAG", 1, "10.00", "10.00"),
        ("9", "BAG", 1, "10.00", "10.00"),
        mail="f@x.org",
        order_total="20.00",
    )
    bring(export(twice))
    assert spend() == {"f@x.org": 20.0}


def test_orders_that_do_not_add_up_are_listed():
    wrong = order(18, ("10", "BAG", 1, "10.00", "10.00"), mail="f@x.org", order_total="11.00")
    assert "(+1.00 in all; 18; all in orders_that_differ.csv beside the table): 1 order" in said(
        bring(export(wrong))
    )
