"""Lines as they are meant, written: nothing is made where nothing is left, and names are only names."""

import pytest
from bringing import adds_up, bring, said, spend

from crmlab import store
from crmlab.errors import DataError

HEADER = "order_id,customer_id,order_date,sku,status,currency,total\n"


pytestmark = pytest.mark.usefixtures("project")


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        ("1,7,2024-01-05,x,cancelled,EUR,10\n2,8,2024-01-06,x,failed,EUR,5\n", "of 2 lines no line is left:"),
        (
            "1,guest,2024-01-05,x,paid,EUR,10\n2,NULL,2024-01-06,x,paid,EUR,5\n",
            "of 2 lines no line has a customer:",
        ),
    ],
)
def test_a_file_of_which_nothing_is_left_is_refused_with_what_took_it(rows, says):
    with pytest.raises(DataError) as error:
        bring(HEADER + rows)
    assert says in str(error.value)
    assert error.value.exit_code == 2
    assert "put aside: 1 (--status failed=in)" in str(error.value) or "'guest' stands for nobody" in str(
        error.value
    )
    assert not store.fingerprint_file("mine").exists()


@pytest.mark.parametrize(
    "name", ["'; DROP TABLE typed; --", "<script>alert(1)</script>", "=cmd|'/c'!A1", "ال\u202eعربية 🛒"]
)
def test_a_name_is_only_a_name_wherever_it_stands(name):
    quoted = name.replace('"', '""')
    rows = (
        f'1,"{quoted}",2024-01-05,"{quoted}","{quoted}","{quoted}",10\n1,8,2024-01-05,y,paid,"{quoted}",5\n'
    )
    brought = bring(HEADER + rows, status={name: "in"})
    assert spend() == {name: 10.0, "8": 5.0}
    assert adds_up(brought)
    assert name in said(brought)
