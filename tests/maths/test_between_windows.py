"""Between windows: what is shared, what seven months are worth, and how often another window is covered."""

import numpy as np
import pytest

from crmlab.maths.between_windows import another_window, shared_time

MONTHS = [f"2011-{month:02d}-01" for month in range(3, 10)]


def test_the_time_that_windows_share():
    shared = shared_time(["2011-01-01", "2011-01-31", "2011-06-01"], 90)
    assert shared[0].tolist() == pytest.approx([1, 2 / 3, 0])


def test_seven_monthly_windows_of_ninety_days_are_worth_less_than_three():
    found = another_window(np.arange(7.0), shared_time(MONTHS, 90), level=0.95)
    # lags of 30 and 60 of 90 days: 49 / (7 + 2 (6 · 2/3 + 5 · 1/3)) = 2.67, months being 30.5 days
    assert found.effective == pytest.approx(49 / (7 + 2 * (6 * 2 / 3 + 5 / 3)), rel=0.02)
    assert (found.windows, found.mean) == (7, 3)


def test_windows_apart_have_the_prediction_interval_of_any_textbook():
    values = np.array([1.0, 2.0, 3.0, 4.0])
    found = another_window(values, np.eye(4), level=0.95)
    half = 3.182446305284263 * values.std(ddof=1) * np.sqrt(1 + 1 / 4)  # t(.975; 3)
    assert (found.lower, found.upper) == pytest.approx((2.5 - half, 2.5 + half))
    assert found.effective == pytest.approx(4)


def test_below_three_windows_nothing_is_told():
    assert another_window(np.array([1.0, 2.0, np.nan]), np.eye(3), level=0.95) is None


def test_another_window_is_covered():
    """Windows that share days as seven months do; one more of the same kind, far away."""
    shared = shared_time(MONTHS, 90)
    root = np.linalg.cholesky(shared)
    rng, held, naive = np.random.default_rng(1), 0, 0
    for _ in range(1000):
        values, new = root @ rng.normal(size=7), rng.normal()
        found = another_window(values, shared, level=0.95)
        apart = another_window(values, np.eye(7), level=0.95)
        held += found.lower <= new <= found.upper
        naive += apart.lower <= new <= apart.upper
    assert 0.92 <= held / 1000 <= 0.98
    assert naive / 1000 < 0.90
