"""Metrics of probabilities: values by hand, and what is not a probability."""

import numpy as np
import pandas as pd
import pytest

from crmlab import registry

SOLUTION = pd.DataFrame({"outcome": [1, 0, 0, 1]})


def _measure(name, score, solution=SOLUTION, **prices):
    answers = pd.DataFrame({"score": score})
    return registry.find("metrics", name)(solution, answers, None, np.ones((1, len(answers))), **prices)[0]


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


@pytest.mark.parametrize("name", ["brier", "calibration_error"])
@pytest.mark.parametrize("score", [[0.1, 0.2, 0.3, 1.1], [-1, 0.2, 0.3, 0.4]])
def test_a_score_that_is_no_probability_has_no_value(name, score):
    assert np.isnan(_measure(name, score))


def test_churn_profit_is_the_published_empc():
    # Verbraken, Verbeke and Baesens 2013, defaults; perfect ranking of [0, 1] × 10
    solution = pd.DataFrame({"outcome": [0, 1] * 10})
    prices = {"customer_value": 200, "incentive_cost": 10, "contact_cost": 1}
    prices |= {"accept_alpha": 6, "accept_beta": 14}
    value = _measure("churn_profit", solution["outcome"], solution, **prices)
    assert value == pytest.approx(28.0000000000391, abs=1e-12)
