"""The table from what a file states to what customers spent."""

from bringing import adds_up, bring, said

from crmlab import store
from crmlab.data.cleaning import summary
from crmlab.data.meaning.put_aside import flags, in_words, kinds_of_lines

TEXT = """\
order_id,customer_id,order_date,sku,status,quantity,unit_price,discount
1,7,2024-01-05 10:00:00,x,paid,2,10,5
1,7,2024-01-05 10:00:00,x,paid,2,10,5
2,guest,2024-01-06 10:00:00,x,paid,1,10,0
3,8,2024-01-07 10:00:00,y,failed,1,30,0
4,7,2024-01-09 10:00:00,x,paid,-1,10,0
5,8,2024-01-09 10:00:00,y,paid,-1,30,0
6,8,2024-01-10 10:00:00,z,paid,1,8,0
6,8,2024-01-10 10:00:00,SHIPPING,paid,1,4,0
"""


def test_every_kind_has_its_row_and_they_add_up():
    brought = bring(TEXT, fees=("SHIPPING",))
    assert adds_up(brought)
    # by hand: 20 + 20 + 10 + 30 - 10 - 30 + 8 + 4 is stated; of x 15 were paid and 10 came back
    assert [[n, amount] for _, n, amount, _ in brought.fingerprint["meaning"]["rows"]] == [
        [8, 52.0],
        [2, -10.0],  # discounts
        [1, -30.0],  # failed
        [1, -15.0],  # the line that stands twice
        [1, -4.0],  # shipping
        [1, -10.0],  # a guest
        [1, 30.0],  # a return of what was never bought
        [3, 13.0],  # 15 - 10 + 8
    ]


def test_flags_are_those_of_the_summary():
    bring(TEXT, fees=("SHIPPING",))
    path = store.tables_folder("mine") / "transactions.parquet"
    assert flags(kinds_of_lines(path)) == summary(path)


def test_the_words_are_those_of_the_fingerprint():
    brought = bring(TEXT)
    kept = store.read_json(store.fingerprint_file("mine"), made_by="")
    assert in_words(kept["meaning"], "")[1] in said(brought)


def test_a_shop_that_takes_no_money_has_no_shares():
    found = {"rows": [["the file states", 1, 0.0, ""], ["customers spent", 1, 0.0, ""]], "noticed": []}
    assert in_words(found, "EUR") == [
        "Every line counts as it stands, and nothing is put aside or removed (EUR):",
        "  the file states          1             0.00",
        "  customers spent          1             0.00",
    ]
