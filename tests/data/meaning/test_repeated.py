"""Lines that are equal to others."""

from bringing import adds_up, bring, said, spend

PIECES = "order_id,{}customer_id,order_date,product_id,price\n"
EQUAL = "1,{}7,2024-01-05 10:12:41,p,20\n"


def test_a_number_of_lines_tells_pieces_apart():
    text = PIECES.format("order_item_id,") + "".join(EQUAL.format(f"{i},") for i in (1, 2, 3))
    bring(text, {"amount": "price"})
    assert spend() == {"7": 60.0}


def test_without_one_they_are_left_out_and_that_is_told():
    text = PIECES.format("") + EQUAL.format("") * 3
    brought = bring(text, {"amount": "price"})
    assert spend() == {"7": 20.0}
    assert "equal to an earlier line (is_duplicate): left out of spend          2" in said(brought)
    assert "--duplicates keep" in said(brought)
    assert adds_up(brought)
    bring(text, {"amount": "price"}, duplicates="keep")
    assert spend() == {"7": 60.0}


def test_the_total_of_the_order_tells_them_apart():
    header = "order_id,customer_id,order_date,sku,quantity,price,order_total\n"
    brought = bring(header + "1,7,2024-01-05,x,1,10,20\n" * 2 + "2,8,2024-01-06,x,1,10,10\n" * 2)
    assert spend() == {"7": 20.0, "8": 10.0}
    assert "equal lines are pieces, as the total of their order says: 1 line" in said(brought)


def test_exports_that_overlap_are_told_from_the_second():
    header, line = "customer_id,order_date,total\n", "7,2024-01-05 10:12:41,10\n"
    brought = bring(header + line + "8,2024-01-06 11:30:02,20\n" + line)
    assert spend() == {"7": 10.0, "8": 20.0}
    assert adds_up(brought)


def test_two_orders_of_one_day_are_two():
    bring("customer_id,order_date,total\n7,2024-01-05,10\n7,2024-01-05,10\n")
    assert spend() == {"7": 20.0}
