"""One currency, or rates that make it one."""

from pathlib import Path

import pytest
from bringing import adds_up, bring, said, spend

from crmlab.errors import DataError, UsageError

TEXT = "order_id,customer_id,order_date,currency,total\n1,7,2024-01-05,EUR,10\n2,7,2024-01-06,USD,5\n"
LATER = TEXT + "3,7,2024-02-06,usd,5\n"


def rates(text):
    """Write rates down."""
    Path("rates.csv").write_text(text)
    return Path("rates.csv")


def test_several_are_refused_with_what_each_holds():
    with pytest.raises(DataError) as error:
        bring(TEXT)
    assert "EUR (1 line, 10.00), USD (1 line, 5.00)" in str(error.value)
    assert "--rates FILE" in str(error.value)


def test_rates_hold_from_their_day_on():
    brought = bring(
        LATER, rates=rates("currency,rate,date\nEUR,1,\nUSD,0.9,2024-01-01\nUSD,0.5,2024-02-01\n")
    )
    assert spend() == {"7": 10 + 4.5 + 2.5}
    assert adds_up(brought)
    assert brought.fingerprint["currency"] == "EUR"
    assert "USD became EUR by --rates: 2 lines" in said(brought)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("currency,rate\nEUR,1\nGBP,2\n", "currency 'USD' has no rate in rates.csv on its day"),
        ("currency,rate,date\nEUR,1,\nUSD,2,2024-01-20\n", "currency 'USD' has no rate"),
        ("currency,rate\nEUR,1\nUSD,0.9\nUSD,0.8\n", "rates.csv: USD has two rates of one day"),
        ("currency,rate\nEUR,1\nUSD,much\n", "rates.csv, line 3: not a currency, a rate"),
        ("currency,rate\nEUR,1\nUSD,-1\n", "a rate is above 0"),
        ("money,rate\nEUR,1\n", "its first line must be currency,rate"),
        ("currency,rate\nEUR,2\nUSD,3\n", "which currency is the shop's? Say --currency"),
    ],
)
def test_rates_that_do_not_do_are_refused(text, says):
    with pytest.raises((DataError, UsageError)) as error:
        bring(TEXT, rates=rates(text))
    assert says in str(error.value)


def test_the_one_currency_of_a_file_is_the_shops():
    assert bring(TEXT.replace("USD", "eur")).fingerprint["currency"] == "EUR"
    with pytest.raises(UsageError, match="--currency USD: the file says EUR"):
        bring(TEXT.replace("USD", "eur"), currency="USD")
