"""Profit of retention at a fixed budget, worked out by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from crmlab import registry

PRICES = {
    "margin_share": 0.5,
    "customer_value": 200.0,
    "incentive_cost": 10.0,
    "contact_cost": 1.0,
    "accept_alpha": 6.0,
    "accept_beta": 14.0,
    "budget_per_1000": 500.0,
}


def value(score, outcome, spend, weights=None, **changes):
    """Return the metric of customers who have spent so much within their first year."""
    n = len(score)
    rows = pd.DataFrame({"total_spend": np.asarray(spend, dtype=float), "T_days": np.full(n, 100.0)})
    weights = np.ones((1, n)) if weights is None else weights
    answers, solution = pd.DataFrame({"score": score}), pd.DataFrame({"outcome": outcome})
    measure = registry.metric("retention_profit")
    return measure(solution, answers, rows, weights, **PRICES | changes)


def test_the_most_promising_are_contacted_as_far_as_the_budget_reaches():
    # values 100, 50, 200, 15; the budget pays for two of four contacts
    score, outcome, spend = [0.9, 0.9, 0.8, 1.0], [1, 1, 0, 1], [200.0, 100.0, 400.0, 30.0]
    # expected: .27 · 90 - 1 - 1 = 22.3; .27 · 40 - 2 = 8.8; .24 · 190 - 3 = 42.6; .3 · 5 - 1 = .5
    # contacted: the third, who stays (-11), and the first, who leaves (.3 · 90 - 1 = 26)
    assert value(score, outcome, spend)[0] == pytest.approx((26 - 11) / 4)
    # with money for all, all four are expected to pay
    every = 26 - 11 + (0.3 * 40 - 1) + (0.3 * 5 - 1)
    assert value(score, outcome, spend, budget_per_1000=1000.0)[0] == pytest.approx(every / 4)


def test_who_is_not_expected_to_pay_is_not_contacted_whatever_the_budget():
    assert value([0.01, 0.02], [1, 1], [500.0, 500.0], budget_per_1000=1000.0)[0] == 0


def test_ties_at_the_border_are_shared():
    # three alike, one of whom leaves; the budget pays for one and a half
    found = value([0.9] * 3, [1, 0, 0], [200.0] * 3)[0]
    assert found == pytest.approx(0.5 * (26 - 11 - 11) / 3)


def test_without_spend_everyone_is_worth_the_same():
    answers, solution = pd.DataFrame({"score": [1.0, 0.0]}), pd.DataFrame({"outcome": [1, 0]})
    measure = registry.metric("retention_profit")
    found = measure(solution, answers, pd.DataFrame(index=range(2)), np.ones((1, 2)), **PRICES)
    assert found[0] == pytest.approx((0.3 * 190 - 1) / 2)


def test_what_is_no_probability_has_no_profit():
    assert np.isnan(value([3.0, 0.5], [1, 0], [10.0, 10.0])[0])
