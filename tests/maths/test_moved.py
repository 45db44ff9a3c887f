"""Moved: differences within strata by hand, and false alarms as rare as said."""

from __future__ import annotations

import numpy as np
import pytest

from crmlab.maths.moved import moved
from crmlab.seeds import generator


def asked(now, before, strata, origins, **more):
    """Return what moved, of rows of different customers."""
    customers = (np.arange(len(now)), 10_000 + np.arange(len(before)))
    given = {"alone": np.empty(0), "level": 0.05, "seed": generator(1, "moved"), "draws": 400} | more
    return moved(now, before, strata=strata, customers=customers, origins=origins, **given)


def test_a_difference_is_taken_within_strata():
    now, before = np.array([[1.0], [1.0], [3.0], [5.0]]), np.array([[1.0], [3.0], [4.0], [4.0], [2.0], [6.0]])
    strata = (np.array([0, 0, 0, 1]), np.array([0, 0, 1, 1, 0, 1]))
    origins = np.array([1, 1, 1, 1, 2, 2])
    found = asked(now, before, strata, origins)
    # now 2.5; window 1: 3/4 of 2 + 1/4 of 4, window 2: 3/4 of 2 + 1/4 of 6
    assert found.difference[0] == pytest.approx(2.5 - (2.5 + 3.0) / 2)


@pytest.mark.parametrize(("shift", "least", "most"), [(0.0, 0.0, 0.1), (0.35, 0.8, 1.0)])
def test_one_alarm_over_twenty_columns_errs_in_a_twentieth(shift, least, most):
    alarms = []
    for world in range(150):
        rng = generator(world, "moved")
        now, before = rng.normal(size=(300, 20)), rng.normal(size=(900, 20))
        now[:, 3] += shift
        strata = (rng.integers(0, 3, 300), rng.integers(0, 3, 900))
        origins = np.repeat([1, 2, 3], 300)
        alarms.append(asked(now, before, strata, origins, seed=rng).alarm)
    # .05 of 150 and three standard errors
    assert least <= np.mean(alarms) <= most


def test_the_same_customers_on_both_sides_are_no_news_and_other_things_are_judged_along():
    rng = generator(2, "moved")
    values = rng.normal(size=(200, 2))
    who = np.arange(200)
    strata, origins = (np.zeros(200, dtype=int), np.zeros(200, dtype=int)), np.zeros(200, dtype=int)
    given = {"strata": strata, "customers": (who, who), "origins": origins, "level": 0.05, "seed": rng}
    same = moved(values, values, alone=np.empty(0), **given)
    assert not same.alarm
    assert np.isnan(same.z).all()
    assert moved(values, values, alone=np.array([6.0]), **given).alarm
