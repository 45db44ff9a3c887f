"""Prices: names with numbers, and the margin that the shop's own costs leave."""

from __future__ import annotations

import pytest

from crmlab.declare.prices import Prices
from crmlab.errors import NotApplicable

DECLARED = {"margin_share": 0.3, "contact_cost": 1.0}


def test_prices_are_a_mapping_of_what_is_declared():
    prices = Prices(DECLARED)
    assert dict(prices) == DECLARED
    with pytest.raises(KeyError):
        prices["margin_mean"]


def test_what_is_missing_is_named_in_order_and_the_first_one_with_its_reason():
    prices = Prices(DECLARED)
    assert prices.missing(["margin_mean", "contact_cost", "accept_rate"]) == ["margin_mean", "accept_rate"]
    prices.need(["contact_cost"], why="nobody is to be won")
    with pytest.raises(NotApplicable, match="the task names no margin_mean: nobody is to be won"):
        prices.need(["contact_cost", "margin_mean"], why="nobody is to be won")


def test_a_measured_margin_goes_before_the_declared_one():
    measured = Prices(DECLARED).at_margin(0.2)
    assert measured["margin_share"] == 0.2
    assert dict(measured) == {"margin_share": 0.2, "contact_cost": 1.0}
    assert (measured.measured_margin, measured.declared["margin_share"]) == (0.2, 0.3)
    assert Prices(DECLARED).at_margin(None) == Prices(DECLARED)


@pytest.mark.parametrize(
    ("declared", "rate"),
    [({}, 1.0), ({"accept_rate": 0.4}, 0.4), ({"accept_alpha": 6.0, "accept_beta": 14.0}, 0.3)],
)
def test_the_accept_rate_is_declared_or_the_mean_of_its_beta_or_all(declared, rate):
    assert Prices(declared).accept_rate == rate
