"""Fees by a rule: columns and products."""

from bringing import adds_up, bring, said, spend

PRICED = "order_id,customer_id,order_date,sku,quantity,unit_price"


def test_a_product_that_is_a_fee_is_no_purchase():
    text = f"{PRICED}\n1,7,2024-01-05,x,1,10\n1,7,2024-01-05,SHIPPING,1,4\n"
    brought = bring(text)
    assert spend() == {"7": 14.0}
    assert "product SHIPPING looks like a fee (4.00): it counts as goods: 1 line (--fee SHIPPING)" in said(
        brought
    )
    brought = bring(text, fees=("shipping",))
    assert spend() == {"7": 10.0}
    assert adds_up(brought)


def test_a_column_that_is_a_fee_stands_beside_the_goods():
    text = f"{PRICED},freight_value\n1,7,2024-01-05,x,1,10,3\n1,7,2024-01-05,y,1,20,4\n"
    assert "freight_value looks like a fee" in said(bring(text))
    brought = bring(text, fees=("freight_value",))
    assert spend() == {"7": 30.0}
    assert brought.fingerprint["flags"]["is_fee"] | {"share_of_gross_revenue": 0} == {
        "lines": 2, "share_of_lines": 0.5, "amount": 7.0, "share_of_gross_revenue": 0
    }  # fmt: skip
    assert adds_up(brought)


def test_a_fee_that_an_order_repeats_on_its_lines_is_one():
    text = f"{PRICED},shipping\n1,7,2024-01-05,x,1,10,5\n1,7,2024-01-05,y,1,20,5\n"
    text += "2,8,2024-01-06,x,1,10,3\n2,8,2024-01-06,y,1,20,3\n"
    assert bring(text, fees=("shipping",)).fingerprint["flags"]["is_fee"]["amount"] == 8.0


def test_a_fee_is_taken_out_of_the_totals_that_hold_it():
    brought = bring(
        "order,customer,date,total,shipping\n1,7,2024-01-05,15,5\n2,8,2024-01-06,10,0\n", fees=("shipping",)
    )
    assert spend() == {"7": 10.0, "8": 10.0}
    assert adds_up(brought)


def test_it_is_not_taken_out_of_a_subtotal():
    text = "order,customer,date,subtotal,shipping\n1,7,2024-01-05,15,5\n2,8,2024-01-06,10,0\n"
    bring(text, {"amount": "subtotal"}, fees=("shipping",))
    assert spend() == {"7": 15.0, "8": 10.0}
