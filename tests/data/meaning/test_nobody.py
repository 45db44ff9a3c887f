"""Who is nobody."""

import pytest
from bringing import adds_up, bring, said, spend

from crmlab.errors import UsageError

HEADER = "order_id,customer_id,order_date,total\n"


def shop(customers):
    """Return orders of 10 of the customers, in turn."""
    return HEADER + "".join(f"o{i},{c},2024-01-{1 + i % 28:02d},10\n" for i, c in enumerate(customers))


@pytest.mark.parametrize(
    "word", ["0", "guest", "NULL", "N/A", "nan", "None", "#N/A", "-1", "guest@example.org"]
)
def test_a_stand_in_is_no_customer(word):
    brought = bring(shop([word, "55", word]))
    assert spend() == {"55": 10.0}
    assert brought.fingerprint["flags"]["is_anonymous"]["lines"] == 2
    assert f"'{word}' stands for nobody: 2 lines" in said(brought)
    assert adds_up(brought)


def test_the_user_knows_better():
    bring(shop(["Guest", "55", "house"]), somebody=("guest",), nobody=("HOUSE",))
    assert spend() == {"Guest": 10.0, "55": 10.0}


def test_nought_is_somebody_where_customers_count_from_it():
    bring(shop(["0", "1", "2", "0", "3"]))
    assert spend()["0"] == 20.0
    bring(shop(["0", "1", "2", "0", "5"]))
    assert "0" not in spend()


def test_an_outlandish_share_is_nobody():
    customers = ["99999" if i % 3 == 0 else str(i) for i in range(120)]
    brought = bring(shop(customers))
    assert "'99999' stands for nobody (33% of all lines, 10 times as many as any other): 40 lines" in said(
        brought
    )
    assert "99999" not in spend()
    bring(shop(customers), somebody=("99999",))
    assert spend()["99999"] == 400.0


def test_a_good_customer_is_not_outlandish():
    bring(shop([str(i % 40) for i in range(80)] + ["7"] * 9))
    assert spend()["7"] == 110.0


@pytest.mark.parametrize("option", ["nobody", "somebody"])
def test_an_option_that_fits_nobody_is_refused(option):
    with pytest.raises(UsageError, match=rf"--{option}: no customer is 'hause'\. Did you mean 'house'"):
        bring(shop(["Guest", "55", "house"]), **{option: ("hause",)})
