"""The answers to what a file leaves open."""

import pytest
from bringing import HEADER, bring

from crmlab.data.meaning.asked import Meaning
from crmlab.errors import UsageError


@pytest.mark.parametrize(
    ("said", "says"),
    [
        ({"total": "oder"}, "--total: 'oder' is not one of line, order, product. Did you mean 'order'"),
        ({"price": "piece"}, "--price: 'piece' is not one of unit, line"),
        ({"discount": "pounds"}, "--discount: 'pounds' is not one of money, share, percent, included"),
        ({"duplicates": "no"}, "--duplicates: 'no' is not one of out, keep"),
        ({"status": {"open": "away"}}, "--status open: 'away' is not one of in, out, refunded"),
    ],
)
def test_an_answer_that_there_is_not_is_refused(said, says):
    with pytest.raises(UsageError) as error:
        Meaning(**said)
    assert says in str(error.value)


@pytest.mark.parametrize(
    ("said", "says"),
    [
        ({"status": {"open": "in"}}, "--status: no column says the status"),
        ({"fees": ("gift",)}, "--fee: no column and no product is 'gift'"),
        ({"preset": "shopfy"}, "'shopfy' is no shop system that is known (olist, shopify, woocommerce)"),
    ],
)
def test_an_answer_to_what_nobody_asked_is_refused(said, says):
    with pytest.raises(UsageError) as error:
        bring(f"{HEADER}\n1,7,2024-01-05,x,1,10,10\n", **said)
    assert says in str(error.value)
