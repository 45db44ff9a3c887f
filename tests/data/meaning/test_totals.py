"""What the columns of money hold."""

import pytest
from bringing import HEADER, bring, said, spend

from crmlab.errors import DataError

BARE = "order_id,customer_id,order_date,sku,{}\n"
TWICE = "1,7,2024-01-05,x,50\n1,7,2024-01-05,y,50\n2,8,2024-01-06,x,10\n2,8,2024-01-06,y,10\n"


@pytest.mark.parametrize("column", ["order_total", "total", "Order Total", "grand_total"])
def test_the_total_of_an_order_on_every_line_is_not_the_amount_of_the_line(column):
    header = HEADER.replace("line_total", column)
    bring(f"{header}\n1,7,2024-01-05,x,2,10,50\n1,7,2024-01-05,y,1,30,50\n2,8,2024-01-06,x,1,10,10\n")
    assert spend() == {"7": 50.0, "8": 10.0}


def test_a_total_is_told_where_it_was_taken_for_one():
    brought = bring(f"{HEADER}\n1,7,2024-01-05,x,2,10,50\n1,7,2024-01-05,y,1,30,50\n")
    assert "'line_total' is the total of the order: the same on every line" in said(brought)
    assert "(--total line)" in said(brought)


def test_a_total_without_prices_is_asked_about():
    with pytest.raises(DataError) as error:
        bring(BARE.format("total") + TWICE)
    assert "--total order" in str(error.value)
    assert "(lines 2, 3, 4, 5)" in str(error.value)


def test_a_total_on_the_lines_of_the_only_order_of_several_is_asked_about():
    one = "1,7,2024-01-05,x,50\n1,7,2024-01-05,y,50\n2,8,2024-01-06,x,10\n"
    with pytest.raises(DataError, match="--total order"):
        bring(BARE.format("total") + one)
    # what is called an amount is one of a line, and that is told
    brought = bring(BARE.format("amount") + one)
    assert spend() == {"7": 100.0, "8": 10.0}
    assert "read as of each line: 1 order (--total order)" in said(brought)


@pytest.mark.parametrize(("total", "spent"), [("order", [50.0, 10.0]), ("line", [100.0, 20.0])])
def test_the_answer_counts(total, spent):
    bring(BARE.format("total") + TWICE, total=total)
    assert sorted(spend().values(), reverse=True) == spent


def test_shares_of_a_total_add_up_to_the_cent():
    bring(
        BARE.format("total") + "1,7,2024-01-05,x,10\n1,7,2024-01-05,y,10\n1,7,2024-01-05,z,10\n",
        total="order",
    )
    assert spend() == {"7": 10.0}


def test_equal_prices_in_one_order_are_no_total():
    bring(
        BARE.format("amount")
        + "1,7,2024-01-05,x,5\n1,7,2024-01-05,y,5\n2,7,2024-01-06,x,5\n2,7,2024-01-06,y,9\n"
    )
    assert spend() == {"7": 24.0}


def test_the_price_of_a_line_is_not_multiplied_again():
    brought = bring(f"{HEADER}\n1,7,2024-01-05,x,2,20,20\n2,8,2024-01-06,y,3,30,30\n")
    assert spend() == {"7": 20.0, "8": 30.0}
    assert "'unit_price' is the price of the line, not of a piece" in said(brought)


def test_the_price_of_a_line_may_be_said():
    bring("order,customer,date,sku,quantity,price\n1,7,2024-01-05,x,2,20\n", price="line")
    assert spend() == {"7": 20.0}


def test_amounts_that_nothing_explains_are_asked_about():
    text = f"{HEADER}\n1,7,2024-01-05,x,2,10,27\n2,8,2024-01-06,y,1,10,3\n3,8,2024-01-07,y,1,10,10\n"
    with pytest.raises(DataError) as error:
        bring(text)
    assert "--total line" in str(error.value)
    assert "--total product" in str(error.value)
    assert "(lines 2, 3)" in str(error.value)
    bring(text, total="product")
    assert spend() == {"7": 20.0, "8": 20.0}


def test_amounts_with_a_tax_on_top_count_and_are_told():
    brought = bring(f"{HEADER}\n1,7,2024-01-05,x,2,10,23.80\n2,8,2024-01-06,y,1,10,11.90\n")
    assert spend() == {"7": 23.8, "8": 11.9}
    assert "amount and quantity × price differ by 5.70: amount counts" in said(brought)
