"""Money that comes off without naming its line."""

import pytest
from bringing import HEADER, adds_up, bring, said, spend

from crmlab.data.meaning.refunds import Part, Row, parts

ORDERS = "order_id,customer_id,order_date,total\n"


def row(number, amount, *, order="A", product=None, role="goods", quantity=1):
    """Return a line of one customer: what was bought above nought, and what comes off below it."""
    return Row("7", number, f"l{number}", order, product, quantity, amount, role, None, amount > 0)


@pytest.mark.parametrize(
    ("orders", "spent"),
    [
        ("A1,7,2024-01-05,100\nR1,7,2024-01-09,-40\n", {"7": 60.0}),
        ("A1,7,2024-01-05,100\nA1,7,2024-01-09,-40\nA2,7,2024-01-06,30\n", {"7": 90.0}),
        ("A1,7,2024-01-05,50\nR1,7,2024-01-09,-50\n", {"7": 0.0}),
        ("A1,7,2024-01-05,50\nA2,7,2024-01-06,50\nR1,7,2024-01-09,-80\n", {"7": 20.0}),
        ("A1,7,2024-01-05,50\nA1,7,2024-01-07,-20\nA1,7,2024-01-09,-20\n", {"7": 10.0}),
    ],
)
def test_a_refund_of_orders_takes_its_money_off(orders, spent):
    brought = bring(ORDERS + orders)
    assert spend() == spent
    assert adds_up(brought)


def test_what_finds_no_order_is_counted_with_its_amount():
    brought = bring(ORDERS + "R1,7,2024-01-04,-40\nA1,7,2024-01-05,100\nR2,7,2024-01-09,-500\n")
    assert spend() == {"7": 100.0}
    assert adds_up(brought)
    ((what, n, amount, _),) = brought.fingerprint["meaning"]["rows"][1:-1]
    assert (what[:18], n, amount) == ("returns and refund", 2, 540.0)


def test_a_coupon_is_borne_by_the_lines_of_its_order_to_the_cent():
    text = f"{HEADER}\nA,7,2024-01-05,x,1,10,10\nA,7,2024-01-05,y,1,20,20\nA,7,2024-01-05,z,1,3,3\n"
    brought = bring(f"{text}A,7,2024-01-05,SPRING,1,-25,-25\n")
    assert spend() == {"7": 8.0}
    assert adds_up(brought)


def test_a_coupon_of_another_order_takes_nothing_off():
    brought = bring(f"{HEADER}\nA,7,2024-01-05,x,1,10,10\nC,7,2024-01-05,SPRING,1,-4,-4\n")
    assert spend() == {"7": 10.0}
    assert adds_up(brought)
    assert "+4.00" in said(brought)


def test_a_return_at_another_price_finds_its_product():
    bring(f"{HEADER}\nA,7,2024-01-05,x,2,10,20\nB,7,2024-01-05,y,1,50,50\nR,7,2024-01-09,x,-1,8,-8\n")
    assert spend() == {"7": 62.0}


def test_a_return_of_what_was_never_bought_takes_nothing_off():
    bring(f"{HEADER}\nA,7,2024-01-05,x,2,10,20\nA,8,2024-01-05,y,1,9,9\nR,7,2024-01-09,y,-1,9,-9\n")
    assert spend() == {"7": 20.0, "8": 9.0}


def test_parts_are_in_proportion_and_add_up():
    lines = [row(1, 10.0, product="x"), row(2, 20.0, product="y"), row(3, 3.0, product="z")]
    off = row(4, -25.0, role="discount", quantity=0)
    # by hand: 25 · 10/33 = 7.58, 25 · 30/33 = 22.73, so 15.15 for the second and 2.27 for the third
    made = list(parts(iter([*lines, off])))
    assert [(p.cancels, round(p.amount, 2)) for p in made] == [("l1", -7.58), ("l2", -15.15), ("l3", -2.27)]
    assert sum(p.amount for p in made) == pytest.approx(-25.0)


def test_what_an_order_does_not_hold_is_left_over():
    made = list(parts(iter([row(1, 10.0, quantity=2), row(2, -12.0, role="refund", quantity=0)])))
    assert made == [Part(2, 0, "l1", -2, -10.0), Part(2, 1, None, 0, -2.0)]


def test_money_that_was_taken_is_gone():
    rows = [row(1, 10.0), row(2, -6.0, order="B", quantity=-1), row(3, -6.0, order="C", quantity=-1)]
    assert [p.number for p in parts(iter(rows))] == [2]
