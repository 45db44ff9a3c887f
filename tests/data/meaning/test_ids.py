"""Ids: rounded ones are refused, several spellings are one."""

import pytest
from bringing import bring, said, spend

from crmlab.errors import DataError

HEADER = "order_id,customer_id,order_date,total\n"


@pytest.mark.parametrize("field", ["order_id", "customer_id"])
@pytest.mark.parametrize("rounded", ["8.80001E+11", "8e+11", '"8,80001E+11"'])
def test_ids_that_a_spreadsheet_rounded_are_refused(field, rounded):
    ids = {"order_id": "1", "customer_id": "2"} | {field: rounded}
    with pytest.raises(DataError) as error:
        bring(f"{HEADER}a,b,2024-01-05,10\n{ids['order_id']},{ids['customer_id']},2024-01-06,10\n")
    assert f"{field} '{rounded.strip(chr(34))}' was rounded by a spreadsheet" in str(error.value)
    assert "(line 3)" in str(error.value)


def test_an_id_that_only_looks_so_is_one():
    bring(f"{HEADER}1,BLUE+12,2024-01-05,10\n")
    assert spend() == {"BLUE+12": 10.0}


def test_a_customer_has_one_spelling():
    brought = bring(f"{HEADER}1,12346,2024-01-05,10\n2,12346.0,2024-01-06,5\n3,A.0,2024-01-06,5\n")
    assert spend() == {"12346": 15.0, "A.0": 5.0}
    assert "customers such as 12346.0 are 12346: 1 line" in said(brought)


def test_the_case_of_an_address_says_nothing():
    brought = bring(
        f"{HEADER}1,Ann@Example.org,2024-01-05,10\n2,ann@example.ORG,2024-01-06,5\n3,ANN,2024-01-06,5\n"
    )
    assert spend() == {"ann@example.org": 15.0, "ANN": 5.0}
    assert "e-mail addresses in lower case: 2 lines" in said(brought)


@pytest.mark.parametrize(("last", "noticed"), [("c30", True), ("c1", False)])
def test_an_id_per_order_is_noticed(last, noticed):
    orders = [f"o{i},{last if i == 30 else f'c{i}'},2024-01-05 10:{i:02d},10\n" for i in range(31)]
    assert ("every customer has exactly one order" in said(bring(HEADER + "".join(orders)))) is noticed


def test_one_name_with_its_accent_as_a_sign_of_its_own_is_one_customer():
    brought = bring(f"{HEADER}1,Jos\u00e9,2024-01-05,10\n2,Jose\u0301,2024-01-06,5\n3,Ann,2024-01-06,5\n")
    assert spend() == {"Jos\u00e9": 15.0, "Ann": 5.0}
    assert "accents were signs of their own, in the usual spelling: 1 line" in said(brought)
