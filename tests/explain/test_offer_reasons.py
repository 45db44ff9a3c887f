"""Why an item stands on a list, in words that were counted."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from crmlab.explain.offer_reasons import OfferReasons
from crmlab.maths.next_basket.purchases import purchases_of


def reasons() -> OfferReasons:
    """Ten customers buy tea, six of them cake with it; ten others buy soap; ann has a rhythm."""
    lines = [(f"t{n}", "2024-01-01", "tea") for n in range(10)]
    lines += [(f"t{n}", "2024-01-02", "cake") for n in range(6)]
    lines += [(f"s{n}", "2024-01-01", "soap") for n in range(10)]
    lines += [("ann", f"2024-01-{day:02d}", "milk") for day in (1, 8, 15, 29)]
    lines += [("bea", "2024-01-30", "tea"), ("cas", "2024-01-03", "soap")]
    frame = pd.DataFrame(lines, columns=["customer", "day", "item"])
    frame = frame.assign(at=pd.to_datetime(frame["day"]), basket=frame["customer"] + frame["day"])
    return OfferReasons(purchases_of(frame), pd.Timestamp("2024-02-01"))


@pytest.mark.parametrize(
    ("customer", "item", "reason"),
    [
        ("ann", "milk", "bought on 4 days, about every 7 days, last 3 days ago"),
        ("bea", "tea", "bought on one day, 2 days ago"),
        # six of the eleven with tea take cake, six of all 23
        ("bea", "cake", f"customers with tea take this {6 / 11 * 23 / 6:.1f} times as often as all"),
        ("cas", "cake", f"bought by {6 / 23:.1%} of all customers"),
        ("stranger", "tea", f"bought by {11 / 23:.1%} of all customers"),
    ],
)
def test_a_reason_counts(customer, item, reason):
    assert reasons().of(customer, item) == reason


def test_today_is_said():
    found = reasons()
    found.now = pd.Timestamp("2024-01-30 18:00")
    assert found.of("bea", "tea") == "bought on one day, today"


def test_an_unknown_item_has_no_reason():
    with pytest.raises(KeyError):
        reasons().of("ann", "unknown")


def test_entries_of_a_customer_are_found_by_number():
    found = reasons()
    for customer in found.purchases.customers:
        items, _ = found._of_customer(customer)
        mine = found.purchases.customers[found.purchases.customer] == customer
        assert items.tolist() == found.purchases.item[np.flatnonzero(mine)].tolist()
