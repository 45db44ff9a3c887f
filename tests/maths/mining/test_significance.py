"""Significance: by the maximum over candidates, exact where data and worlds can change places."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import poisson

from crmlab.maths.mining.significance import MOST, Compared, compared, lower_tail, tail


def test_the_tail_is_poissons():
    count, mean = np.array([0.0, 1.0, 5.0, 40.0]), np.array([2.0, 2.0, 2.0, 2.0])
    assert 10 ** -tail(count, mean) == pytest.approx(poisson.sf(count - 1, mean))
    assert tail(np.array([1e6, 3.0]), np.array([1.0, 0.0])).tolist() == [MOST, 0.0]


def test_the_lower_tail_is_poissons():
    count, mean = np.array([0.0, 1.0, 5.0]), np.array([4.0, 4.0, 4.0])
    assert 10 ** -lower_tail(count, mean) == pytest.approx(poisson.cdf(count, mean))
    found = Compared(np.array([0, 9]), np.array([[9, 8], [11, 10], [10, 9]]), below=True)
    # the means with the data are 7.5 and 9; 8 of the first world and 9 of the third surprise as 9 does
    assert found.p.tolist() == [0.25, 0.75]


def test_p_and_q_by_hand():
    """Two candidates, three worlds: 9 is beyond every count of a world, 2 is not."""
    null = np.array([[1, 3], [2, 2], [0, 1]])
    found = Compared(np.array([9, 2]), null)
    assert found.expected.tolist() == [1.0, 2.0]
    assert found.lift.tolist() == [9.0, 1.0]
    # the means with the data are 3 and 2; by the tails of Poisson(2) the worlds' 3 and 2 surprise as 2 does
    assert found.p.tolist() == [0.25, 0.75]
    assert found.q.tolist() == [1 / 4, 3 / 4 / 2]
    assert len(found.highest) == 3


@pytest.mark.parametrize("matched", [False, True])
def test_under_the_null_any_candidate_is_found_at_most_as_often_as_said(matched):
    rng = np.random.default_rng(1)
    mean = rng.gamma(0.5, 8.0, 150)
    any_p = any_q = 0
    for _ in range(400):
        rows = rng.poisson(mean, (60, 150))
        found = Compared(rows[0], rows[1:], matched)
        any_p += found.p.min() <= 0.05
        any_q += found.q.min() <= 0.05
    # 31 is the 99.5 % point of a binomial of 400 at .05
    assert any_p <= 31
    assert any_q <= 31


def test_most_planted_ones_are_found():
    rng = np.random.default_rng(2)
    mean = np.full(500, 3.0)
    count = rng.poisson(mean)
    count[:20] += 20
    found = Compared(count, rng.poisson(mean, (99, 500)))
    assert (found.p[:20] <= 0.05).all()
    assert (found.q[:20] <= 0.05).all()
    assert (found.q[20:] <= 0.05).sum() <= 3


def test_nothing_to_compare():
    nothing = Compared(np.zeros(0, dtype=int), np.zeros((5, 0), dtype=int))
    assert len(nothing.p) == len(nothing.q) == 0
    alone = compared(3, [], lambda x: np.array([x]))
    assert alone.p.tolist() == [1.0]
    assert np.isnan(alone.expected).all()
