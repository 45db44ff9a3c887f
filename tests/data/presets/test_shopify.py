"""Shopify's export of orders, on made-up rows under the whole published header."""

import csv
import io

import pandas as pd
import pytest
from bringing import adds_up, bring, said, spend

from crmlab import store
from crmlab.errors import UsageError

HEADER = """\
Name,Email,Financial Status,Paid at,Fulfillment Status,Fulfilled at,Accepts Marketing,Currency,
Subtotal,Shipping,Taxes,Total,Discount Code,Discount Amount,Shipping Method,Created at,
Lineitem quantity,Lineitem name,Lineitem price,Lineitem compare at price,Lineitem sku,
Lineitem requires shipping,Lineitem taxable,Lineitem fulfillment status,Billing Name,Billing Street,
Billing Address1,Billing Address2,Billing Company,Billing City,Billing Zip,Billing Province,
Billing Country,Billing Phone,Shipping Name,Shipping Street,Shipping Address1,Shipping Address2,
Shipping Company,Shipping City,Shipping Zip,Shipping Province,Shipping Country,Shipping Phone,Notes,
Note Attributes,Cancelled at,Payment Method,Payment Reference,Refunded Amount,Vendor,
Outstanding Balance,Employee,Location,Device ID,Id,Tags,Risk Level,Source,Lineitem discount,
Tax 1 Name,Tax 1 Value,Tax 2 Name,Tax 2 Value,Tax 3 Name,Tax 3 Value,Tax 4 Name,Tax 4 Value,
Tax 5 Name,Tax 5 Value,Phone,Receipt Number,Duties,Billing Province Name,Shipping Province Name,
Payment ID,Payment Terms Name,Next Payment Due At,Payment References""".replace("\n", "").split(",")


def order(name, email, *items, state="paid", at="2024-03-05 10:00:00 +0100", **own):
    """Return the rows of an order: what is its own on the first, an item on each."""
    rows = []
    for i, (pieces, label, price, off) in enumerate(items):
        row = {"Name": name, "Lineitem quantity": pieces, "Lineitem name": label, "Lineitem price": price}
        row |= {"Lineitem discount": off, "Lineitem sku": label.upper()[:3]}
        if i == 0:
            zero = dict.fromkeys(("Shipping", "Taxes", "Discount Amount", "Refunded Amount"), "0.00")
            row |= (
                {"Email": email, "Financial Status": state, "Created at": at, "Currency": "EUR"} | zero | own
            )
        rows.append(row)
    return rows


def export(*orders):
    """Return the text of an export."""
    file = io.StringIO()
    writer = csv.DictWriter(file, HEADER, restval="")
    writer.writeheader()
    writer.writerows(row for rows in orders for row in rows)
    return file.getvalue()


PLAIN = order(
    "#1001",
    "Ann@Example.org",
    (2, "Cup", "20.00", "0.00"),
    (1, "Bag", "10.00", "0.00"),
    **{"Subtotal": "45.00", "Discount Amount": "5.00", "Shipping": "5.00", "Taxes": "9.00", "Total": "59.00"},
)


def test_goods_and_fees_less_discounts_are_the_total():
    brought = bring(export(PLAIN))
    assert spend() == {"ann@example.org": 45.0}
    lines = pd.read_parquet(store.tables_folder("mine") / "transactions.parquet")
    assert float(lines["amount"].sum()) == 59.0
    assert float(lines.loc[lines["is_fee"] & (lines["amount"] > 0), "amount"].sum()) == 14.0
    assert "own total" not in said(brought)
    assert brought.fingerprint["currency"] == "EUR"
    assert adds_up(brought)


def test_taxes_that_the_prices_hold_are_no_fee():
    bring(
        export(order("#1", "a@x.org", (3, "Bag", "10.00", ""), Subtotal="30.00", Taxes="4.79", Total="30.00"))
    )
    lines = pd.read_parquet(store.tables_folder("mine") / "transactions.parquet")
    assert lines["is_fee"].sum() == 0


@pytest.mark.parametrize("discount", ["4.00", "9.00"])
def test_a_discount_of_an_item_is_taken_once_whether_the_order_counts_it_too(discount):
    # 50 less 4 of the item, and 5 more in the second case
    subtotal = {"4.00": "46.00", "9.00": "41.00"}[discount]
    own = {"Subtotal": subtotal, "Discount Amount": discount, "Total": subtotal}
    brought = bring(
        export(order("#1", "a@x.org", (2, "Cup", "20.00", "4.00"), (1, "Bag", "10.00", ""), **own))
    )
    assert spend() == {"a@x.org": float(subtotal)}
    assert "own total" not in said(brought)


def test_refunds_come_off_and_orders_that_were_not_made_good_are_put_aside():
    part = order(
        "#2",
        "a@x.org",
        (3, "Bag", "10.00", ""),
        state="partially_refunded",
        Subtotal="30.00",
        Total="30.00",
        **{"Refunded Amount": "12.50"},
    )
    whole = order(
        "#3",
        "b@x.org",
        (2, "Bag", "10.00", ""),
        state="refunded",
        Subtotal="20.00",
        Shipping="4.00",
        Total="24.00",
        **{"Refunded Amount": "24.00"},
    )
    called_off = order("#4", "b@x.org", (1, "Bag", "10.00", ""), Subtotal="10.00", Total="10.00")
    called_off[0]["Cancelled at"] = "2024-03-06 10:00:00 +0100"
    unpaid = order("#5", "b@x.org", (1, "Bag", "10.00", ""), state="voided", Subtotal="10.00", Total="10.00")
    brought = bring(export(part, whole, called_off, unpaid))
    assert spend() == {"a@x.org": 17.5, "b@x.org": 0.0}
    assert "status cancelled: put aside" in said(brought)
    assert "status voided: put aside" in said(brought)
    assert "own total" not in said(brought)
    assert adds_up(brought)


def test_orders_that_do_not_add_up_are_listed():
    wrong = order("#7", "a@x.org", (1, "Bag", "10.00", ""), Subtotal="10.00", Shipping="4.00", Total="15.00")
    brought = bring(export(PLAIN, wrong))
    assert "(+1.00 in all; #7; all in orders_that_differ.csv beside the table): 1 order" in said(brought)
    listed = pd.read_csv(store.tables_folder("mine") / "orders_that_differ.csv")
    assert listed.to_dict("records") == [
        {"order_id": "#7", "total": 15.0, "lines_sum": 14.0, "difference": 1.0}
    ]


def test_a_time_is_the_shops_own_clock():
    bring(
        export(
            PLAIN,
            order(
                "#2",
                "",
                (1, "Bag", "10.00", ""),
                at="2024-07-05 23:30:00 +0200",
                Total="10.00",
                Subtotal="10.00",
            ),
        )
    )
    lines = pd.read_parquet(store.tables_folder("mine") / "transactions.parquet")
    assert lines["timestamp"].max() == pd.Timestamp("2024-07-05 23:30")
    assert lines["customer"].isna().sum() == 1


def test_columns_may_be_named_as_the_preset_reads_them():
    assert bring(export(PLAIN), {"customer": "Email", "product": "Lineitem sku"})
    with pytest.raises(UsageError, match="with 'Email' for customer: leave out --column customer"):
        bring(export(PLAIN), {"customer": "Billing Name"})
