"""Metrics of probabilities: values by hand, and what is not a probability."""

import numpy as np
import pandas as pd
import pytest
from sklearn import metrics as theirs

from crmlab import registry

SOLUTION = pd.DataFrame({"outcome": [1, 0, 0, 1]})


def _measure(name, score, solution=SOLUTION, **prices):
    answers = pd.DataFrame({"score": score})
    return registry.metric(name)(solution, answers, None, np.ones((1, len(answers))), **prices)[0]


def test_brier_by_hand():
    assert _measure("brier", [0.9, 0.2, 0.5, 0.6]) == pytest.approx((0.01 + 0.04 + 0.25 + 0.16) / 4)


def test_calibration_error_by_hand():
    # ten rows, ten bins: every row is a bin, and its noise s (1 - s) / 1 comes off its squared gap
    score = np.linspace(0.05, 0.95, 10)
    outcome = pd.DataFrame({"outcome": [0, 0, 1, 0, 0, 1, 1, 0, 1, 1]})
    expected = ((score - outcome["outcome"]) ** 2 - score * (1 - score)).mean()
    assert _measure("calibration_error", score, outcome) == pytest.approx(expected, abs=1e-15)
    # all alike: .2 above the rate of .5 in every bin, whose mass is 1: .2² - .7 · .3
    assert _measure("calibration_error", [0.7] * 10, outcome) == pytest.approx(0.04 - 0.21, abs=1e-15)


def test_a_calibrated_score_earns_no_calibration_error_on_average():
    values = []
    for world in range(100):
        rng = np.random.default_rng(world)
        chance = rng.beta(1, 3, 500)
        drawn = pd.DataFrame({"outcome": (rng.random(500) < chance).astype(int)})
        values.append(_measure("calibration_error", chance, drawn))
    assert abs(np.mean(values)) < 4 * np.std(values, ddof=1) / 10


PROBABILITIES = ["brier", "calibration_error", "calibration_in_the_large", "log_loss"]


@pytest.mark.parametrize("name", PROBABILITIES)
@pytest.mark.parametrize("score", [[0.1, 0.2, 0.3, 1.1], [-1, 0.2, 0.3, 0.4]])
def test_a_score_that_is_no_probability_has_no_value(name, score):
    assert np.isnan(_measure(name, score))


def test_log_loss_is_the_one_of_scikit_learn():
    score = [0.9, 0.2, 0.5, 0.6]
    assert _measure("log_loss", score) == pytest.approx(
        theirs.log_loss(SOLUTION["outcome"], score), abs=1e-15
    )
    # by hand: − (ln .9 + ln .8 + ln .5 + ln .6) / 4
    assert _measure("log_loss", score) == pytest.approx(-np.log(0.9 * 0.8 * 0.5 * 0.6) / 4, abs=1e-15)


def test_a_certain_mistake_does_not_cost_everything():
    found = _measure("log_loss", [0.0, 0.0, 0.0, 1.0])
    assert found == pytest.approx(theirs.log_loss(SOLUTION["outcome"], [0.0, 0, 0, 1]), abs=1e-12)
    assert np.isfinite(found)


def test_calibration_in_the_large_by_hand():
    # mean score .7, rate .5
    assert _measure("calibration_in_the_large", [0.9, 0.4, 0.7, 0.8]) == pytest.approx(0.2, abs=1e-15)


def test_recalibration_reads_the_inner_rows_alone():
    # a rule's scores; inside, the lower two of them have a rate of 0 and the upper two a rate of 1
    inner = pd.DataFrame({"outcome": [0, 0, 1, 1] * 5, "score": [10, 20, 30, 40] * 5})
    drawn = pd.DataFrame({"outcome": [1, 1, 0, 0] * 5})
    assert _measure("recalibrated_error", [10, 20, 30, 40] * 5, drawn, inner=inner) == pytest.approx(1)
    assert _measure("recalibrated_error", [30, 40, 10, 20] * 5, drawn, inner=inner) == pytest.approx(0)


RESPONSE = pd.DataFrame({"outcome": [1, 0, 1, 0, 0, 1, 0, 0, 0, 0]})
RANKED = np.arange(10, 0, -1) / 10
MONEY = {"contact_cost": 2.0, "margin_mean": 10.0, "accept_rate": 0.5}


def test_lift_by_hand():
    # of ten, three 1s; the best two hold one, the best half a row is half of the first
    assert _measure("lift_20", RANKED, RESPONSE) == pytest.approx((1 / 2) / (3 / 10))
    assert _measure("lift_5", RANKED, RESPONSE) == pytest.approx(1 / (3 / 10))


def test_policy_profit_by_hand():
    # inner: a 1 brings 6 − 2 and a 0 costs 2, so 4, 2, 6, 4 after each row: the depth is 3 of 4
    inner = pd.DataFrame({"outcome": [1, 0, 1, 0], "score": [8.0, 6.0, 4.0, 2.0]})
    money = MONEY | {"margin_mean": 12.0}
    # the best 7.5 of the ten hold three 1s: (3 · 6 − 7.5 · 2) / 10
    assert _measure("policy_profit", RANKED, RESPONSE, inner=inner, **money) == pytest.approx(0.3)
    # a depth of 0: nobody is contacted, whatever the test rows would have brought
    nobody = inner.assign(outcome=0)
    assert _measure("policy_profit", RANKED, RESPONSE, inner=nobody, **MONEY) == 0


def test_policy_profit_is_not_chosen_on_the_test_rows():
    inner = pd.DataFrame({"outcome": [0, 0, 0, 1], "score": [4.0, 3.0, 2.0, 1.0]})
    money = MONEY | {"margin_mean": 40.0}
    # inner says: everyone (20 − 8); the test rows would have said: the best six
    everyone = _measure("policy_profit", RANKED, RESPONSE, inner=inner, **money)
    assert everyone == pytest.approx((3 * 20 - 10 * 2) / 10)
    assert everyone < (3 * 20 - 6 * 2) / 10


def test_budget_profit_by_hand():
    # 600 per 1,000 at 2 a contact: three of ten, who hold two 1s
    found = _measure("budget_profit", RANKED, RESPONSE, budget_per_1000=600.0, **MONEY)
    assert found == pytest.approx((2 * 5 - 3 * 2) / 10)
    # more than everyone costs: the rest is not spent
    found = _measure("budget_profit", RANKED, RESPONSE, budget_per_1000=9999.0, **MONEY)
    assert found == pytest.approx((3 * 5 - 10 * 2) / 10)


def test_cost_per_acquired_by_hand():
    money = {"contact_cost": 2.0, "accept_rate": 0.5, "budget_per_1000": 600.0}
    # three contacts for 6 win half of two
    assert _measure("cost_per_acquired", RANKED, RESPONSE, **money) == pytest.approx(6.0)
    assert np.isnan(_measure("cost_per_acquired", -RANKED, RESPONSE, **money))  # the worst three hold none
    assert np.isnan(_measure("cost_per_acquired", RANKED, RESPONSE, **money | {"budget_per_1000": 0.0}))


def test_an_accept_rate_is_a_lower_margin():
    prices = {"contact_cost": 1.0, "margin_shape": 4.0}
    half = _measure("acquisition_profit", RANKED, RESPONSE, margin_mean=20.0, accept_rate=0.5, **prices)
    less = _measure("acquisition_profit", RANKED, RESPONSE, margin_mean=10.0, accept_rate=1.0, **prices)
    assert half == less
    chance = registry.metric("acquisition_profit").chance
    both = [{"margin_mean": 20.0, "accept_rate": 0.5}, {"margin_mean": 10.0, "accept_rate": 1.0}]
    found = [chance(RESPONSE, **money, **prices) for money in both]
    assert found[0] == pytest.approx(found[1], abs=1e-12)


def test_churn_profit_is_the_published_empc():
    # Verbraken, Verbeke and Baesens 2013, defaults; perfect ranking of [0, 1] × 10
    solution = pd.DataFrame({"outcome": [0, 1] * 10})
    prices = {"customer_value": 200, "incentive_cost": 10, "contact_cost": 1}
    prices |= {"accept_alpha": 6, "accept_beta": 14}
    value = _measure("churn_profit", solution["outcome"], solution, **prices)
    assert value == pytest.approx(28.0000000000391, abs=1e-12)
