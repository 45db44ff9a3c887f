"""What became of an order."""

import pytest
from bringing import adds_up, bring, said, spend

from crmlab.data.meaning.statuses import proposed
from crmlab.errors import UsageError

TEXT = "order_id,customer_id,order_date,status,total\n"
ORDERS = (
    "1,7,2024-01-05,Completed,10\n2,7,2024-01-06,pending,5\n3,8,2024-01-07,Refunded,7\n4,8,2024-01-08,odd,2\n"
)


@pytest.mark.parametrize(
    ("status", "becomes"),
    [
        ("wc-completed", "in"),
        ("Shipped - Delivered to Buyer", "in"),
        ("Shipped - Returned to Seller", "refunded"),
        ("partially_refunded", "in"),
        ("CANCELED", "out"),
        ("On Hold", "out"),
        ("wc-failed", "out"),
        ("storniert", "out"),
        ("unheard of", None),
    ],
)
def test_what_is_proposed(status, becomes):
    assert proposed(status) == becomes


def test_every_status_is_told_with_what_becomes_of_it():
    brought = bring(TEXT + ORDERS)
    assert spend() == {"7": 10.0, "8": 2.0}
    assert adds_up(brought)
    for words in (
        "status pending: put aside",
        "--status pending=in",
        "status Completed: counted: 1 line",
        "status odd: not known, counted: 1 line (--status odd=out)",
        "status Refunded: bought, and what was refunded comes off",
    ):
        assert words in said(brought)


def test_the_user_decides():
    brought = bring(TEXT + ORDERS, status={"pending": "in", "ODD": "out", "refunded": "in"})
    assert spend() == {"7": 15.0, "8": 7.0}
    assert adds_up(brought)


def test_a_refunded_order_stays_a_purchase():
    assert bring(TEXT + "1,8,2024-01-07,refunded,7\n2,8,2024-01-09,paid,1\n")
    assert spend() == {"8": 1.0}


def test_a_status_that_no_order_has_is_refused():
    with pytest.raises(UsageError, match=r"no order is 'pendign'\. Did you mean 'pending'"):
        bring(TEXT + ORDERS, status={"pendign": "in"})


def test_a_column_that_says_nothing_known_is_not_used():
    brought = bring(TEXT + "1,7,2024-01-05,gold,10\n2,8,2024-01-05,silver,10\n")
    assert spend() == {"7": 10.0, "8": 10.0}
    assert "'status' says nothing that is known ('gold', 'silver'): it was not used" in said(brought)


@pytest.mark.parametrize("name", ["is_cancelled", "Storno", "payment_status", "is_test", "returned"])
def test_a_column_that_may_say_which_orders_count_is_told(name):
    brought = bring(f"order_id,customer,date,status,total,{name}\n1,7,2024-01-05,paid,10,1\n")
    assert f"{name} was not used: if it says which orders count" in "\n".join(brought.lines())


def test_other_columns_are_not_told_as_such():
    brought = bring("order_id,customer,date,total,estate,latest,unpaidness\n1,7,2024-01-05,10,a,b,c\n")
    assert "which orders count" not in "\n".join(brought.lines())
