"""The smallest differences against values computed by hand and published ones."""

import math

import pytest

from crmlab.maths.detectable import auc_difference, auc_error, rate_difference


def test_the_smallest_difference_of_two_rates():
    # (1.959964 + 0.841621) * sqrt(2 * .5 * .5 / 200)
    assert rate_difference(400, 0.5) == pytest.approx(0.1400793, abs=1e-6)
    assert rate_difference(40_000, 0.5) == pytest.approx(0.01400793, abs=1e-7)
    assert math.isnan(rate_difference(400, 0.0))
    assert math.isnan(rate_difference(1, 0.5))


def test_the_error_of_an_area():
    # Hanley and McNeil 1982, their example: an area of .893 of 51 abnormal and 58 normal has an error of
    # .032, from counted pairs; the formula, which assumes exponential scores, comes to .0325
    assert auc_error(51, 58, 0.893) == pytest.approx(0.032, abs=1e-3)
    assert math.isnan(auc_error(0, 10))


def test_the_difference_of_two_areas_falls_with_the_events():
    assert auc_difference(400, 400) == pytest.approx(auc_difference(100, 100) / 2, rel=0.02)
    assert auc_difference(50, 50) == pytest.approx(2.801585 * auc_error(50, 50) * math.sqrt(0.4), rel=1e-6)
