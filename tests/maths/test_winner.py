"""The winner: its interval against simulation, and where there is nothing to pick from."""

import numpy as np
import pytest

from crmlab.maths.winner import _truncated_cdf, interval_of_best


def test_one_estimate_has_nearly_its_own_interval():
    lower, upper = interval_of_best(np.array([0.0]), np.eye(1), level=0.95)
    # the projection at a tenth of the error leaves 95 %: slightly wider than 1.96
    assert (lower, upper) == pytest.approx((-1.96, 1.96), abs=0.08)


def test_far_ahead_nothing_was_picked():
    lower, upper = interval_of_best(np.array([50.0, 0.0, 0.0]), np.eye(3), level=0.95)
    assert (lower, upper) == pytest.approx((50 - 1.96, 50 + 1.96), abs=0.08)


def test_the_best_of_ten_equals_is_covered_and_a_plain_interval_is_not():
    rng, held, plain = np.random.default_rng(1), 0, 0
    for _ in range(400):
        drawn = rng.normal(size=10)
        lower, upper = interval_of_best(drawn, np.eye(10), level=0.95)
        held += lower <= 0 <= upper
        plain += abs(drawn.max()) <= 1.96
    assert held / 400 >= 0.92
    assert plain / 400 < 0.85


def test_without_variance_the_interval_is_the_value():
    assert interval_of_best(np.array([1.0, 0.0]), np.zeros((2, 2)), level=0.95) == (1.0, 1.0)


@pytest.mark.parametrize("behind", [0.0, 1e-12, 1e-6])
@pytest.mark.parametrize("correlation", [0.0, 0.9, 0.999, 1.0])
def test_where_another_is_hardly_behind_the_interval_holds_the_estimate(behind, correlation):
    covariance = np.full((3, 3), correlation) + np.eye(3) * (1 - correlation)
    lower, upper = interval_of_best(np.array([0.7, 0.7 - behind, -9.0]), covariance, level=0.95)
    # the projection over three at a tenth of the error: at most 3.5
    assert 0.7 - 3.5 <= lower < 0.7 - 1.8
    assert 0.7 <= upper <= 0.7 + 2.1


def test_clones_of_the_best_were_no_choice():
    covariance = np.full((4, 4), 1 - 1e-4) + np.eye(4) * 1e-4
    several = interval_of_best(np.array([0.0, -1e-9, -1e-5, -1e-9]), covariance, level=0.95)
    assert several == pytest.approx((-1.96, 1.96), abs=0.08)


@pytest.mark.parametrize("correlation", [0.9, 0.99])
def test_the_best_of_ten_alike_is_covered(correlation):
    covariance = np.full((10, 10), correlation) + np.eye(10) * (1 - correlation)
    root, rng = np.linalg.cholesky(covariance), np.random.default_rng(2)
    held = 0
    for _ in range(300):
        lower, upper = interval_of_best(root @ rng.normal(size=10), covariance, level=0.95)
        held += lower <= 0 <= upper
    assert held / 300 >= 0.92


def test_rivals_that_do_not_move_but_for_rounding_change_nothing():
    covariance = np.zeros((12, 12))
    covariance[0, 0] = covariance[11, 11] = 0.007**2
    # what is left where ten methods gave everybody the same answer
    noise = np.random.default_rng(3).normal(scale=1e-18, size=(10, 10))
    covariance[1:11, 1:11] = noise @ noise.T
    estimates = np.array([0.008, *np.zeros(10), -0.03])
    lower, upper = interval_of_best(estimates, covariance, level=0.95)
    assert 0.008 - 3.2 * 0.007 <= lower < upper <= 0.008 + 2.2 * 0.007


@pytest.mark.parametrize("width", [1e-12, 1e-3])
@pytest.mark.parametrize("at", [-30.0, -1.0, 0.5, 30.0])
def test_a_truncated_normal_of_little_width_is_flat(at, width):
    share = _truncated_cdf(at + width / 2, 0.0, 1.0, at, at + width)
    assert share == pytest.approx(0.5, abs=0.02)


def test_a_truncated_normal_without_width_that_can_be_told_is_a_share_all_the_same():
    low, high = 1.0, np.nextafter(np.nextafter(1.0, 2), 2)
    assert _truncated_cdf(np.nextafter(1.0, 2), 0.0, 1.0, low, high) == pytest.approx(0.5)
