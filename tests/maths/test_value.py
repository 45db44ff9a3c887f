"""Measures of predicted spend, against values worked out by hand."""

import numpy as np
import pytest
from scipy.stats import spearmanr

from crmlab.maths import value

ONE = np.ones((1, 4))


def test_a_zero_is_covered_with_the_part_of_its_pit_that_lies_inside():
    # PIT uniform on (0, p): its part within [.1, .9] is (min(p, .9) - .1) / p
    p_zero = np.array([0.0, 0.05, 0.1, 0.5, 0.9, 1.0])
    found = value.covered(np.zeros(6), np.zeros(6), np.ones(6), p_zero)
    np.testing.assert_allclose(found, [0, 0, 0, 0.4 / 0.5, 0.8 / 0.9, 0.8])


def test_a_positive_spend_is_covered_between_the_ends_and_a_point_with_its_chance():
    spent = np.array([5.0, 10.0, 11.0, 7.0, 7.0])
    lower, upper = np.array([5.0, 5.0, 5.0, 7.0, 6.0]), np.array([10.0, 10.0, 10.0, 7.0, 6.0])
    np.testing.assert_allclose(value.covered(spent, lower, upper, np.full(5, 0.2)), [1, 1, 0, 0.8, 0])


@pytest.mark.parametrize("zeros", [0.05, 0.4, 0.78, 0.95])
def test_the_true_distribution_covers_what_it_promises_in_expectation(zeros):
    # a hurdle of exponentials: the coverage of its own quantiles is .8 at any share of zeros
    spend = -np.log1p(-(np.arange(200_000) + 0.5) / 200_000)
    ends = [0.0 if a <= zeros else -np.log1p(-(a - zeros) / (1 - zeros)) for a in (0.1, 0.9)]
    of_zero = value.covered(np.zeros(1), *np.array(ends)[:, None], np.array([zeros]))[0]
    of_buyers = value.covered(spend, *(np.full(len(spend), e) for e in ends), np.full(len(spend), zeros))
    assert zeros * of_zero + (1 - zeros) * of_buyers.mean() == pytest.approx(0.8, abs=1e-5)


def test_spearman_is_that_of_the_repeated_rows():
    rng = np.random.default_rng(4)
    spent, score = rng.poisson(1, 60).astype(float), rng.poisson(2, 60).astype(float)
    counts = rng.integers(0, 4, (3, 60))
    found = value.spearman(spent, score, counts)
    repeated = [spearmanr(np.repeat(spent, c), np.repeat(score, c)).statistic for c in counts]
    np.testing.assert_allclose(found, repeated, rtol=1e-12)


def test_a_constant_score_has_no_correlation_and_a_constant_value_none_at_all():
    assert value.spearman(np.arange(4.0), np.ones(4), ONE) == 0
    assert np.isnan(value.spearman(np.ones(4), np.arange(4.0), ONE)[0])


def test_normalised_gini_by_hand():
    # gains of [6, 3, 1, 0]: .6, .9, 1, 1; area (.3 + .75 + .95 + 1) / 4 - .5 = .25
    # in the order 3, 6, 0, 1: .3, .9, .9, 1; area (.15 + .6 + .9 + .95) / 4 - .5 = .15
    spent = np.array([6.0, 3.0, 1.0, 0.0])
    assert value.normalised_gini(spent, np.array([3.0, 4.0, 1.0, 2.0]), ONE) == pytest.approx(0.6)
    assert value.normalised_gini(spent, -spent, ONE) == pytest.approx(-1)
    assert value.normalised_gini(spent, np.ones(4), ONE) == pytest.approx(0)


def test_decile_error_by_hand():
    # 20 customers, two a decile: each decile predicts 2 a head too much, the mean value is 10.5
    spent = np.arange(1.0, 21.0)
    assert value.decile_error(spent, spent + 2, np.ones((1, 20))) == pytest.approx(2 / 10.5)
    # the mean for everyone is calibrated: all deciles are one tie
    assert value.decile_error(spent, np.full(20, 10.5), np.ones((1, 20))) == pytest.approx(0, abs=1e-12)


def test_a_margin_is_discounted_over_the_horizon():
    # a year at 10 %: (1 - 1 / 1.1) / ln 1.1 = .953824
    year = {"margin_share": 0.5, "horizon_days": 365.25}
    assert value.discounted_margin(100.0, discount_per_year=0.1, **year) == pytest.approx(47.69118, abs=1e-5)
    assert value.discounted_margin(100.0, discount_per_year=0.0, **year) == 50
