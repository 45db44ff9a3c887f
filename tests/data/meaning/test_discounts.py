"""Discounts and refunds in columns of their own."""

import pytest
from bringing import adds_up, bring, said, spend

from crmlab.errors import DataError, UsageError

PRICED = "order_id,customer_id,order_date,sku,quantity,unit_price,{}\n"


def test_a_discount_comes_off_quantity_times_price():
    brought = bring(PRICED.format("discount") + "1,7,2024-01-05,x,2,10,5\n2,8,2024-01-06,x,1,10,0\n")
    assert spend() == {"7": 15.0, "8": 10.0}
    assert adds_up(brought)


@pytest.mark.parametrize("written", ["-2", "2"])
def test_the_discount_of_a_return_is_not_given_back(written):
    """Two pieces for 20 with 2 off are paid with 18, and 18 go back."""
    lines = f"1,7,2024-01-05,x,2,10,2\n2,7,2024-01-09,x,-2,10,{written}\n3,8,2024-01-06,x,1,10,0\n"
    brought = bring(PRICED.format("discount") + lines)
    assert spend() == {"7": 0.0, "8": 10.0}
    assert "discounts of 'discount' taken off: 2 lines" in "\n".join(brought.lines())


def test_a_discount_may_be_written_below_nought():
    bring(PRICED.format("discount") + "1,7,2024-01-05,x,2,10,-5\n")
    assert spend() == {"7": 15.0}


@pytest.mark.parametrize(("total", "spent"), [("20", 15.0), ("15", 15.0)])
def test_it_comes_off_once(total, spent):
    bring(PRICED.format("discount,total") + f"1,7,2024-01-05,x,2,10,5,{total}\n")
    assert spend() == {"7": spent}


def test_gross_sales_are_before_their_discount():
    text = "order,customer,date,Gross Sales,Discounts\n1,7,2024-01-05,20,-5\n"
    bring(text, {"amount": "Gross Sales"})
    assert spend() == {"7": 15.0}


def test_a_discount_that_may_be_in_the_amount_is_told():
    brought = bring("order,customer,date,amount,discount\n1,7,2024-01-05,20,5\n")
    assert spend() == {"7": 20.0}
    assert (
        "'discount' was not taken off: 'amount' may be after it or before: 1 line (--discount money)"
        in said(brought)
    )


def test_a_share_is_asked_about():
    text = PRICED.format("discount") + "1,7,2024-01-05,x,2,10,0.2\n"
    with pytest.raises(DataError, match="--discount share or --discount money"):
        bring(text)
    bring(text, discount="share")
    assert spend() == {"7": 16.0}
    bring(text, discount="money")
    assert spend() == {"7": 19.8}


def test_a_percentage_is_known_by_its_name():
    bring(PRICED.format("discount %") + "1,7,2024-01-05,x,2,10,20\n")
    assert spend() == {"7": 16.0}


def test_more_than_the_line_costs_is_no_discount():
    with pytest.raises(DataError, match="is more than its line costs"):
        bring(PRICED.format("discount") + "1,7,2024-01-05,x,1,10,20\n")


BACK = "order_id,customer_id,order_date,sku,amount,{}\n"
ALIKE = "1,7,2024-01-05,x,10,4\n1,7,2024-01-05,y,20,4\n2,8,2024-01-06,x,10,0\n"


@pytest.mark.parametrize(("refund", "spent"), [("order", 26.0), ("line", 22.0)])
def test_one_refund_on_every_line_of_an_order_is_asked_about_and_the_answer_counts(refund, spent):
    with pytest.raises(DataError, match=r"or for each line \(--refund line\)\? \(lines 2, 3\)"):
        bring(BACK.format("refund amount") + ALIKE)
    brought = bring(BACK.format("refund amount") + ALIKE, refund=refund)
    assert spend() == {"7": spent, "8": 10.0}
    assert adds_up(brought)


@pytest.mark.parametrize(
    ("column", "lines", "spent"),
    [
        # called the order's
        ("total refunded", ALIKE, 26.0),
        # more than the first line came to
        ("refund amount", "1,7,2024-01-05,x,3,4\n1,7,2024-01-05,y,27,4\n2,8,2024-01-06,x,10,0\n", 26.0),
        # all that every line came to
        ("refund amount", "1,7,2024-01-05,x,4,4\n1,7,2024-01-05,y,4,4\n2,8,2024-01-06,x,10,0\n", 0.0),
    ],
)
def test_whose_a_refund_is_a_file_may_show(column, lines, spent):
    brought = bring(BACK.format(column) + lines)
    assert spend() == {"7": spent, "8": 10.0}
    assert adds_up(brought)


def test_equal_refunds_of_two_lines_are_two():
    lines = "1,7,2024-01-05,x,10,4\n1,7,2024-01-05,y,20,4\n1,7,2024-01-05,z,30,\n2,8,2024-01-06,x,10,0\n"
    brought = bring(BACK.format("refund amount") + lines)
    assert spend() == {"7": 52.0, "8": 10.0}
    assert "is_duplicate" not in said(brought)
    # a line that is exported twice gives its refund back once
    brought = bring(BACK.format("refund amount") + lines + lines)
    assert spend() == {"7": 52.0, "8": 10.0}
    assert adds_up(brought)


@pytest.mark.parametrize("answer", [None, "percent"])
def test_percentages_are_known_by_their_sign(answer):
    bring(
        PRICED.format("discount") + "1,7,2024-01-05,x,2,10,20%\n2,8,2024-01-05,x,1,10,0.5 %\n",
        discount=answer,
    )
    assert spend() == {"7": 16.0, "8": 9.95}


def test_percentages_among_money_and_another_answer_are_refused():
    with pytest.raises(DataError, match=r"discount '3' is no percentage, and others are.*\(line 3\)"):
        bring(PRICED.format("discount") + "1,7,2024-01-05,x,2,10,20%\n2,8,2024-01-05,x,1,10,3\n")
    with pytest.raises(UsageError, match="--discount money: 'discount' holds percentages"):
        bring(PRICED.format("discount") + "1,7,2024-01-05,x,2,10,20%\n", discount="money")


def test_a_refund_on_one_line_of_an_order_is_taken_too():
    header = "order_id,customer_id,order_date,sku,amount,refund amount\n"
    bring(header + "1,7,2024-01-05,x,10,4\n1,7,2024-01-05,y,20,\n2,8,2024-01-06,x,10,10\n")
    assert spend() == {"7": 26.0, "8": 0.0}


def test_what_is_no_number_may_be_left_out():
    text = PRICED.format("discount") + "1,7,2024-01-05,x,1,10,SPRING\n"
    with pytest.raises(DataError, match="discount 'SPRING' is not a"):
        bring(text)
    bring(text, {"discount": ""})
    assert spend() == {"7": 10.0}
