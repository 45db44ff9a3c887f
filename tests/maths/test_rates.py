"""Rates by score: the isotonic map, its interval, and how often it holds the true rate."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import expit
from sklearn.linear_model import LogisticRegression

from crmlab.errors import DataError
from crmlab.maths import calibration
from crmlab.maths.rates import FEWEST, Rates, rates, wilson

LEVEL = 0.95


def known(n: int, *, seed: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """Return outcomes and scores of n rows, with many ties."""
    rng = np.random.default_rng(seed)
    score = rng.random(n).round(2)
    return (rng.random(n) < 0.5 * score).astype(int), score


def test_wilson_by_hand():
    # Newcombe (1998), Statistics in Medicine 17, table I: 81 of 263 is .2553 to .3662, 0 of 20 is 0 to .1611
    lower, upper = wilson(np.array([81, 0]), np.array([263, 20]), level=LEVEL)
    np.testing.assert_allclose(np.r_[lower, upper], [0.2553, 0, 0.3662, 0.1611], atol=5e-5)


def test_rates_by_hand():
    # two scores, 20 rows each: 2 of 20 and 10 of 20 are positive
    score = np.repeat([0.1, 0.7], 20)
    outcome = np.r_[np.repeat([1, 0], [2, 18]), np.repeat([1, 0], [10, 10])]
    found = rates(outcome, score, level=LEVEL)
    assert found.score.tolist() == [0.1, 0.7]
    rate, lower, upper = found.at(np.array([0.0, 0.1, 0.4, 0.7, 9.0]))
    np.testing.assert_allclose(rate, [0.1, 0.1, 0.3, 0.5, 0.5])
    bounds = wilson(np.array([2, 10]), np.array([20, 20]), level=LEVEL)
    np.testing.assert_allclose([lower[1], lower[3]], bounds[0])
    np.testing.assert_allclose([upper[1], upper[3]], bounds[1])


def test_an_order_that_is_wrong_is_one_block():
    outcome = np.repeat([1, 0], 30)
    found = rates(outcome, np.arange(60.0), level=LEVEL)
    assert set(found.rate) == {0.5}


def test_where_scores_are_tied_it_is_the_map_of_the_metric():
    outcome, score = known(3000)  # about 30 rows to a score: no neighbours are taken together
    at = np.linspace(0, 1, 101)
    expected = calibration.recalibrated(at, known_outcome=outcome, known_score=score)
    np.testing.assert_allclose(rates(outcome, score, level=LEVEL).at(at)[0], expected, atol=1e-12)


def test_no_rate_rests_on_a_handful_of_rows():
    rng = np.random.default_rng(2)
    score = rng.random(400)
    outcome = (rng.random(400) < 0.1).astype(int)
    outcome[score.argmax()], outcome[np.argsort(score)[-FEWEST:-1]] = 1, 0
    found = rates(outcome, score, level=LEVEL)
    assert found.rate[-1] <= 0.5
    assert found.upper[0] > found.rate[0]


@pytest.mark.parametrize("n", [1, 5, FEWEST, 500])
def test_the_rate_lies_in_its_interval_and_rises(n):
    found = rates(*known(n), level=LEVEL)
    assert (np.diff(found.score) > 0).all()
    assert (np.diff(found.rate) >= 0).all()
    assert ((found.lower >= 0) & (found.lower <= found.rate)).all()
    assert ((found.rate <= found.upper) & (found.upper <= 1)).all()


def test_the_order_of_rows_does_not_matter_and_json_keeps_all():
    outcome, score = known(300)
    turned = rates(outcome[::-1], score[::-1], level=LEVEL)
    found = rates(outcome, score, level=LEVEL)
    assert found.facts() == turned.facts() == Rates.of_facts(found.facts()).facts()


def test_nothing_is_said_without_rows():
    with pytest.raises(DataError, match="no row with a known outcome"):
        rates(np.empty(0), np.empty(0), level=LEVEL)


def test_the_interval_holds_the_true_rate_where_a_logistic_map_does_not():
    # below a log odds of -2 the true rate hardly falls with the score
    rng = np.random.default_rng(5)
    held, logistic = [], []
    for _ in range(15):
        given, new = rng.normal(-2.5, 1.2, (2, 2000))
        outcome = (rng.random(2000) < _kinked(given)).astype(int)
        _, lower, upper = rates(outcome, expit(given), level=LEVEL).at(expit(new))
        held.append(((lower <= _kinked(new)) & (_kinked(new) <= upper)).mean())
        logistic.append(_covered_by_logistic(given, outcome, new))
    assert 0.92 <= np.mean(held) <= 0.98
    assert np.mean(logistic) < 0.7


def _kinked(log_odds: np.ndarray) -> np.ndarray:
    """Return the true rate of a score."""
    return expit(np.where(log_odds > -2, -2 + 0.1 * (log_odds + 2), log_odds))


def _covered_by_logistic(given: np.ndarray, outcome: np.ndarray, new: np.ndarray) -> float:
    """Return how often the Wald interval of a logistic map holds the true rate of new rows."""
    model = LogisticRegression(C=1e6).fit(given[:, None], outcome)
    design, at = (np.column_stack([np.ones(len(x)), x]) for x in (given, new))
    chance = model.predict_proba(given[:, None])[:, 1]
    spread = np.linalg.inv((design * (chance * (1 - chance))[:, None]).T @ design)
    middle = model.decision_function(new[:, None])
    half = 1.96 * np.sqrt(np.einsum("ij,jk,ik->i", at, spread, at))
    return float(((expit(middle - half) <= _kinked(new)) & (_kinked(new) <= expit(middle + half))).mean())
