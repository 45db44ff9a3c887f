"""Signs: a return never adds money, and money off that gives no goods back is a discount."""

import pytest
from bringing import HEADER, adds_up, bring, said, spend

from crmlab.errors import DataError

SOLD = f"{HEADER}\nA1,7,2024-01-05 10:00,x,2,10.00,20.00\nA1,7,2024-01-05 10:00,y,1,30.00,30.00\n"


@pytest.mark.parametrize("back", ["y,-1,30.00,30.00", "y,-1,30.00,-30.00", "y,1,-30.00,-30.00"])
def test_a_return_takes_money_off_whichever_of_its_numbers_has_the_sign(back):
    brought = bring(f"{SOLD}R1,7,2024-01-09 10:00,{back}\n")
    assert spend() == {"7": 20.0}
    assert adds_up(brought)


def test_a_return_without_a_sign_is_told_with_what_it_does():
    rows = bring(f"{SOLD}R1,7,2024-01-09 10:00,y,-1,30.00,30.00\n").fingerprint["meaning"]["rows"]
    # 80 as it is written: 20 + 30 + 30; the last 30 are taken off instead
    assert [[what, n, amount] for what, n, amount, _ in rows] == [
        ["the file states", 3, 80.0],
        ["returns whose amount had no sign: it takes money off", 1, -60.0],
        ["customers spent", 3, 20.0],
    ]


def test_two_negative_numbers_are_a_return_and_no_sale():
    bring("order,customer,date,sku,quantity,price\n1,7,2024-01-05,x,2,10\n2,7,2024-01-09,x,-1,-10\n")
    assert spend() == {"7": 10.0}


def test_a_product_that_is_only_ever_taken_off_is_a_discount():
    brought = bring(
        f"{SOLD}A1,7,2024-01-05 10:00,SPRING,1,-5.00,-5.00\nA2,8,2024-02-05 10:00,x,1,10.00,10.00\n"
    )
    assert spend() == {"7": 45.0, "8": 10.0}
    assert "lines that take money off (coupons, discounts): 1 line" in said(brought)


def test_a_column_of_kinds_says_what_takes_money_off():
    text = "order,customer,date,type,total\n1,7,2024-01-05,Sale,100\n2,7,2024-01-09,Refund,40\n"
    brought = bring(text)
    assert spend() == {"7": 60.0}
    assert adds_up(brought)
    assert "'type' says refund: 1 line" in said(brought)


def test_a_column_of_other_kinds_is_not_used():
    bring("order,customer,date,type,total\n1,7,2024-01-05,retail,100\n2,7,2024-01-09,wholesale,40\n")
    assert spend() == {"7": 140.0}


def test_an_unknown_word_beside_those_that_take_money_off_is_asked_about():
    text = "order,customer,date,type,total\n1,7,2024-01-05,sale,100\n2,7,2024-01-09,Refund,40\n"
    text += "3,7,2024-01-10,exchange,20\n"
    with pytest.raises(DataError, match=r"'exchange' is not known .*--column kind=.*line 4"):
        bring(text)
    bring(text, {"kind": ""})
    assert spend() == {"7": 160.0}
