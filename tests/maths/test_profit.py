"""Expected maximum profit against published values, quadrature and brute force."""

from functools import partial

import numpy as np
import pytest
from scipy import integrate, stats

from crmlab.maths import profit

# the defaults of Verbraken, Verbeke and Baesens 2013
PRICES = {
    "customer_value": 200,
    "incentive_cost": 10,
    "contact_cost": 1,
    "accept_alpha": 6,
    "accept_beta": 14,
}
EMPC = partial(profit.retention_value, **PRICES)
SHARE = partial(profit.retention_share, **PRICES)
OUTCOME = np.array([0, 1] * 10)
ONE = np.ones((1, 20))


def test_published_values_of_the_retention_campaign():
    # EMPC at the paper's defaults, published to these digits: perfect and constant score of [0, 1] × 10
    perfect = profit.maximum_profit(OUTCOME, OUTCOME, ONE, EMPC)
    assert perfect == pytest.approx([28.0000000000391], abs=1e-12)
    assert profit.maximum_profit(OUTCOME, OUTCOME, ONE, SHARE) == pytest.approx([0.499999999728], abs=5e-13)
    for score in (np.zeros(20), 1 - OUTCOME):
        value = profit.maximum_profit(OUTCOME, score, ONE, EMPC)
        assert value == pytest.approx([22.5007912244511], abs=1e-12)


@pytest.mark.parametrize(
    ("rate", "printed", "places"), [(0.1, 0.014, 3), (1869 / 7043, 6.91, 2), (0.5, 22.50, 2)]
)
def test_constant_scores_earn_what_the_base_rate_says(rate, printed, places):
    # .265 is Telco's 1,869 churners of 7,043
    assert round(float(EMPC(rate)), places) == printed


def _best_depths(outcome, score, gains, losses):
    """Return the best profit per customer over all cuts of the ranking, ties together, (draws,)."""
    cuts = score >= np.unique(score)[:, None]
    ones, zeros = (cuts & (outcome == 1)).mean(axis=1), (cuts & (outcome == 0)).mean(axis=1)
    return np.max(
        [np.zeros_like(gains), *(p * gains + n * losses for p, n in zip(ones, zeros, strict=True))], 0
    )


MIDPOINTS = (np.arange(200_000) + 0.5) / 200_000


@pytest.fixture
def world():
    rng = np.random.default_rng(3)
    outcome = (rng.random(60) < 0.4).astype(int)
    return outcome, (outcome + rng.normal(size=60)).round(1)


def test_retention_is_the_mean_over_acceptance_of_the_best_depth(world):
    outcome, score = world
    accepted = stats.beta(6, 14).ppf(MIDPOINTS)
    brute = _best_depths(outcome, score, accepted * 190 - 1, -11).mean()
    value = profit.maximum_profit(outcome, score, np.ones((1, 60)), EMPC)
    assert value == pytest.approx([brute], rel=1e-6)


def test_acquisition_is_the_mean_over_margins_of_the_best_depth(world):
    outcome, score = world
    value = partial(profit.response_value, contact_cost=4.0, margin_mean=10.0, margin_shape=2.0)
    margins = stats.gamma(2, scale=5).ppf(MIDPOINTS)
    brute = _best_depths(outcome, score, margins - 4, -4).mean()
    found = profit.maximum_profit(outcome, score, np.ones((1, 60)), value)
    # the midpoint rule misses a little of the gamma's tail
    assert found == pytest.approx([brute], rel=1e-5)


@pytest.mark.parametrize(("cost", "mean", "shape"), [(1, 20, 4), (4, 10, 2), (50, 8000, 12), (1, 3, 1.5)])
def test_acquisition_is_the_empa_of_empulse(world, cost, mean, shape):
    from empulse.metrics import empa_score  # seconds, which only this test is to pay

    # their gamma has a scale, and an own sale brings the contribution less its cost, here 0
    outcome, score = world
    prices = {"alpha": shape, "beta": mean / shape, "sales_cost": 0, "direct_selling": 1}
    value = partial(profit.response_value, contact_cost=cost, margin_mean=mean, margin_shape=shape)
    found = profit.maximum_profit(outcome, score, np.ones((1, 60)), value)
    assert found == pytest.approx([empa_score(outcome, score, contact_cost=cost, **prices)], abs=1e-9)


def test_acquisition_by_hand():
    # margin_shape 1: an exponential margin, E[max(0, r M − c)] = r m exp(−c / (r m)); the hull's blocks
    # are the first row alone (rate 1) and the other three (rate 1/3)
    value = partial(profit.response_value, contact_cost=2.0, margin_mean=6.0, margin_shape=1.0)
    found = profit.maximum_profit(np.array([1, 0, 1, 0]), np.array([4, 3, 2, 1]), np.ones((1, 4)), value)
    blocks = [(1 / 4, 6 * np.exp(-1 / 3)), (2 / 4, 3 * np.exp(-2 / 3)), (1 / 4, 0.0)]
    assert found == pytest.approx([sum(share * earned for share, earned in blocks)], abs=1e-9)


def test_the_best_depth_by_hand():
    # margin 4, cost 1: 3, 6, 5, 4, 7, 6 after each row; the fifth is the best
    outcome, score = np.array([1, 1, 0, 0, 1, 0]), np.array([6, 5, 4, 3, 2, 1])
    assert profit.best_depth(outcome, score, margin=4, contact_cost=1) == 5 / 6
    # at margin 3: 2, 4, 3, 2, 4, 3: of two equal profits the shallower
    assert profit.best_depth(outcome, score, margin=3, contact_cost=1) == 2 / 6
    assert profit.best_depth(outcome, score, margin=0.9, contact_cost=1) == 0
    # one tie group is contacted whole or not at all: a rate of one half pays from a margin of 2
    assert profit.best_depth(outcome, np.zeros(6), margin=2.1, contact_cost=1) == 1
    assert profit.best_depth(outcome, np.zeros(6), margin=1.9, contact_cost=1) == 0


def test_profit_at_a_depth_by_hand():
    outcome, score = np.array([1, 0, 1, 0]), np.array([4, 3, 2, 1])
    weights = np.array([[1, 1, 1, 1], [2, 0, 2, 0], [0, 0, 0, 0]])
    money = {"margin": 4, "contact_cost": 1}
    # half of four rows: one 1 and one 0 for 4 − 2; under the second weighting two 1s for 8 − 2
    values = profit.profit_at_depth(outcome, score, weights, depth=0.5, **money)
    np.testing.assert_allclose(values, [2 / 4, 6 / 4, np.nan])
    values = profit.profit_at_depth(outcome, score, weights, depth=0.0, **money)
    np.testing.assert_allclose(values, [0, 0, np.nan])


def test_profit_at_the_best_depth_is_the_best_over_all_cuts(world):
    outcome, score = world
    depth = profit.best_depth(outcome, score, margin=3, contact_cost=1)
    value = profit.profit_at_depth(outcome, score, np.ones((1, 60)), depth=depth, margin=3, contact_cost=1)
    brute = _best_depths(outcome, score, np.array([2.0]), -1)
    assert value == pytest.approx(brute, abs=1e-12)


@pytest.mark.parametrize("rate", [0.05, 0.3, 1.0])
def test_response_value_is_its_integral(rate):
    margin = stats.gamma(4, scale=5)
    expected, _ = integrate.quad(lambda m: (rate * m - 1) * margin.pdf(m), 1 / rate, np.inf)
    found = profit.response_value(rate, contact_cost=1.0, margin_mean=20.0, margin_shape=4.0)
    assert found == pytest.approx(expected, rel=1e-8)


def test_nobody_responds_nobody_is_contacted():
    assert profit.response_value(0.0, contact_cost=1.0, margin_mean=20.0, margin_shape=4.0) == 0
    assert EMPC(0.0) == 0


def test_an_incentive_above_the_value_is_never_offered():
    prices = PRICES | {"incentive_cost": 250}
    assert profit.retention_value(np.array([0.5, 1.0]), **prices) == pytest.approx([0, 0], abs=0)


def test_the_hull_lies_above_every_operating_point():
    rng = np.random.default_rng(0)
    positive, negative = rng.integers(0, 5, (2, 200)).astype(float)
    ones, zeros = profit.hull(positive, negative)
    rate = ones / (ones + zeros)
    assert (np.diff(rate) < 0).all()
    assert (ones.sum(), zeros.sum()) == (positive.sum(), negative.sum())
    above = np.interp(np.cumsum(negative), np.r_[0, np.cumsum(zeros)], np.r_[0, np.cumsum(ones)])
    assert (above >= np.cumsum(positive) - 1e-9).all()


def test_weights_of_zero_have_no_profit():
    weights = np.vstack([np.zeros(20), np.ones(20)])
    values = profit.maximum_profit(OUTCOME, OUTCOME, weights, EMPC)
    assert np.isnan(values[0])
    assert values[1] == pytest.approx(28.0000000000391, abs=1e-12)
