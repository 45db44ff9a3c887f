"""The prices of a shop of one's own: written with the tables, kept, checked, and read by the lists."""

from __future__ import annotations

import pytest

from crmlab import store
from crmlab.data import own_prices
from crmlab.data.own_data import from_csv
from crmlab.data.own_prices import OwnPrices
from crmlab.data.own_tables import Asked, from_labelled
from crmlab.declare.prices import Prices
from crmlab.errors import DataError, UsageError
from crmlab.params import prices

ORDERS = "customer,date,amount\nann,2024-01-05,10.00\nbob,2024-02-06,20.00\n"
SAID = OwnPrices(0.35, 0.8, 2000.0, "EUR")


@pytest.fixture
def project(project):
    (project / "orders.csv").write_text(ORDERS)
    return project


def bring(project, said=own_prices.NO_PRICES, text=ORDERS):
    (project / "orders.csv").write_text(text)
    return from_csv("mine", project / "orders.csv", prices=said, currency=said.currency)


def test_prices_are_written_beside_the_tables_and_go_by_the_names_of_the_economics(project):
    brought = bring(project, SAID)
    assert dict(prices.of("mine")) == {"margin_share": 0.35, "contact_cost": 0.8, "budget": 2000.0}
    told = "margin 35% of revenue, a contact 0.80 EUR, budget of a list 2,000.00 EUR"
    assert prices.in_words("mine") == told
    assert f"Prices: {told}" in brought.lines()
    assert brought.fingerprint["currency"] == "EUR"


def test_what_is_not_said_again_stays_and_is_told(project):
    bring(project, SAID)
    assert any(
        line.endswith("(--margin, --contact-cost, --budget as said before)")
        for line in bring(project).lines()
    )
    brought = bring(project, OwnPrices(margin_share=0.4))
    assert dict(prices.of("mine")) == {"margin_share": 0.4, "contact_cost": 0.8, "budget": 2000.0}
    assert any(line.endswith("EUR (--contact-cost, --budget as said before)") for line in brought.lines())
    assert brought.fingerprint["currency"] == "EUR"


def test_without_prices_there_is_no_file_and_nothing_is_told(project):
    brought = bring(project)
    assert prices.of("mine") == {}
    assert not (store.tables_folder("mine") / own_prices.FILE).exists()
    assert not [line for line in brought.lines() if "rices" in line]


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"margin_share": 35.0}, "--margin: 35 is not a share of the revenue"),
        ({"margin_share": 0.0}, "--margin: 0 is not a share"),
        ({"margin_share": -0.2}, "--margin: -0.2 is not a share"),
        ({"contact_cost": -0.01}, "--contact-cost: -0.01 is below 0"),
        ({"contact_cost": float("nan")}, "--contact-cost: nan is not a finite number"),
        ({"budget": float("inf")}, "--budget: inf is not a finite number"),
    ],
)
def test_a_number_that_no_price_is_is_refused(said, words):
    with pytest.raises(UsageError, match=words):
        OwnPrices(**said)


@pytest.mark.parametrize(
    "damaged",
    ["{", "[1]", '{"margin_share": "much"}', '{"margin_share": 7}', '{"budget": true}', '{"tax": 1}'],
)
def test_a_damaged_file_is_refused_in_one_sentence_until_prices_are_said_again(project, damaged):
    bring(project, SAID)
    file = store.tables_folder("mine") / own_prices.FILE
    file.write_text(damaged)
    with pytest.raises(DataError, match=r"prices\.json .*run `crmlab tables mine") as refused:
        prices.of("mine")
    assert "\n" not in str(refused.value)
    with pytest.raises(DataError, match=r"prices\.json"):
        bring(project)
    assert file.read_text() == damaged
    bring(project, OwnPrices(budget=5.0))
    assert dict(prices.of("mine")) == {"budget": 5.0}


def test_money_is_not_kept_for_orders_in_another_currency(project):
    bring(project, SAID)
    dollars = "customer,date,amount,currency\nann,2024-01-05,10.00,USD\n"
    with pytest.raises(
        UsageError, match="--contact-cost and --budget of mine: said before in EUR, and the orders"
    ):
        bring(project, text=dollars)
    bring(project, OwnPrices(contact_cost=1.0, budget=3000.0), text=dollars)
    assert (
        prices.in_words("mine") == "margin 35% of revenue, a contact 1.00 USD, budget of a list 3,000.00 USD"
    )


def test_rows_with_an_outcome_have_prices_too(project):
    file = project / "rows.csv"
    file.write_text("left,visits\n1,3\n0,5\n0,8\n")
    said = from_labelled("rows", file, Asked("left"), prices=OwnPrices(contact_cost=0.5, currency="EUR"))
    assert "Prices: a contact 0.50 EUR" in said
    assert dict(prices.of("rows")) == {"contact_cost": 0.5}


def test_the_budget_of_the_shop_is_of_the_whole_list():
    declared = {"budget_per_1000": 250.0}
    assert Prices(declared).budget(4000) == 1000.0
    assert Prices(declared | {"budget": 80.0}).budget(4000) == 80.0
