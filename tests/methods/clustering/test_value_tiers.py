"""Value tiers by hand: the cumulative share of spend decides."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from crmlab import registry
from crmlab.errors import NotApplicable


def tiers(spend: list[float], **parameters: float) -> object:
    """Return the method fitted on customers with these spends."""
    rows = pd.DataFrame({"total_spend": spend})
    return registry.find("methods", "clustering/value_tiers")(**parameters).fit(rows), rows


def test_who_brings_the_first_80_the_next_15_and_the_last_5_percent():
    # cumulative from the top: 50, 80 | 90, 96 | 99, 100 of 100; the 96 crosses the line at 95
    model, rows = tiers([3, 50, 6, 30, 1, 10])
    assert model.predict(rows).tolist() == [2, 0, 1, 0, 2, 1]


def test_the_shares_are_parameters():
    model, rows = tiers([3, 50, 6, 30, 1, 10], a_share=0.5, b_share=0.3)
    assert model.predict(rows).tolist() == [2, 0, 2, 1, 2, 2]


def test_new_customers_are_held_against_the_train_rows_cuts():
    model, _ = tiers([3, 50, 6, 30, 1, 10])
    new = pd.DataFrame({"total_spend": [30.0, 29.99, 6, 5.99, -4, np.nan, 1e9]})
    assert model.predict(new).tolist() == [0, 1, 1, 2, 2, 2, 0]


def test_equal_customers_share_a_tier():
    model, rows = tiers([10] * 10)
    assert model.predict(rows).tolist() == [0] * 10


def test_without_the_total_repeat_spend_counts():
    rows = pd.DataFrame({"frequency": [10.0, 1, 0], "monetary_value": [9.0, 10, np.nan]})
    model = registry.find("methods", "clustering/value_tiers")().fit(rows)
    assert model.predict(rows).tolist() == [0, 1, 2]


@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        (pd.DataFrame({"total_spend": [0.0, np.nan]}), "none of 2 customers has spent anything"),
        (pd.DataFrame({"frequency": [1.0]}), "no column total_spend .* the rows have frequency"),
    ],
)
def test_without_spend_it_does_not_apply(rows, reason):
    with pytest.raises(NotApplicable, match=reason):
        registry.find("methods", "clustering/value_tiers")().fit(rows)
