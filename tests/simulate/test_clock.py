"""The clock: a monotone map that keeps whole weeks, and back again."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from crmlab.simulate.clock import Clock

CLOCK = Clock(dt.date(2023, 1, 1), dt.date(2024, 12, 31))


def test_there_and_back():
    days = np.linspace(0, 731, 5_000)
    np.testing.assert_allclose(CLOCK.even(CLOCK.calendar(days)), days, atol=1e-9)
    assert (np.diff(CLOCK.calendar(days)) > 0).all()


def test_whole_weeks_are_whole_weeks():
    weeks = 7.0 * np.arange(104)
    np.testing.assert_allclose(CLOCK.even(weeks), weeks, atol=1e-9)
    days = np.array([3.3, 9.1])
    np.testing.assert_allclose(CLOCK.even(days + 14), CLOCK.even(days) + 14, atol=1e-9)


def test_stamps_are_cut_to_seconds_and_to_the_span():
    stamps = CLOCK.stamp_calendar(np.array([0.0, 1.5 + 0.4 / 86_400, 730.99999, 731.0]))
    assert list(stamps[:2]) == [pd.Timestamp("2023-01-01"), pd.Timestamp("2023-01-02 12:00:00")]
    assert stamps.isna().tolist() == [False, False, False, True]
    assert CLOCK.stamp(np.array([np.inf])).isna().all()


def test_even_time_of_stamps():
    days = np.array([0.25, 100.0, np.inf])
    back = CLOCK.even_of(CLOCK.stamp(days))
    assert back[2] == np.inf
    # a second of the calendar is at most 2.5 seconds of even time
    np.testing.assert_allclose(back[:2], days[:2], atol=2.5 / 86_400)


def test_evenings_are_busier_than_nights():
    stamps = CLOCK.stamp(np.random.default_rng(1).uniform(0, 728, 20_000))
    share = stamps.dt.hour.between(18, 21).mean()
    assert share == pytest.approx(0.315, abs=0.02)
