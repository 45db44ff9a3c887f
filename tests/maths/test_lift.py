"""The interval of a lift: as wide as a bootstrap where rows are many, and with a width at the ends."""

from __future__ import annotations

import numpy as np
import pytest

from crmlab.maths import lift
from crmlab.seeds import generator


def one(ones, size, all_ones, all_size, *, level=0.95):
    """Return the interval of one part."""
    ends = lift.interval(np.array([ones]), np.array([size]), all_ones, all_size, level=level)
    return tuple(float(end[0]) for end in ends)


def test_it_is_that_of_a_bootstrap_where_rows_are_many():
    m, n, ones, all_ones = 20_000, 2_000, 900, 6_000
    cells = np.array([ones, n - ones, all_ones - ones, m - n - all_ones + ones])
    drawn = generator(1, "bootstrap").multinomial(m, cells / m, 20_000)
    lifts = drawn[:, 0] / drawn[:, :2].sum(axis=1) / (drawn[:, [0, 2]].sum(axis=1) / m)
    assert one(ones, n, all_ones, m) == pytest.approx(np.quantile(lifts, [0.025, 0.975]), rel=0.005)


def test_a_large_part_shares_most_of_what_varies():
    # nine tenths of all rows: its rate moves with that of all
    low, high = one(4_500, 9_000, 5_000, 10_000)
    alone = one(4_500, 9_000, 50_000_000, 100_000_000)
    assert high - low < 0.5 * (alone[1] - alone[0])


def test_it_covers_as_often_as_it_says():
    rng, (m, share, rate, other) = generator(2, "covering"), (3_500, 0.05, 0.95, 0.84)
    truth = rate / (share * rate + (1 - share) * other)
    n = rng.binomial(m, share, 4_000)
    ones, rest = rng.binomial(n, rate), rng.binomial(m - n, other)
    ends = [one(a, k, a + r, m) for a, k, r in zip(ones, n, rest, strict=True)]
    assert 0.94 < np.mean([low <= truth <= high for low, high in ends]) < 0.96


def test_it_has_a_width_at_the_ends():
    low, high = one(40, 40, 800, 1000)
    assert low < 1.2
    assert high > 1.25
    assert one(0, 40, 800, 1000)[0] == 0
    assert 0 < one(0, 40, 800, 1000)[1] < 0.2
    assert one(1000, 1000, 1000, 1000)[0] < 1


def test_of_no_part_there_is_none():
    assert all(len(end) == 0 for end in lift.interval(np.array([]), np.array([]), 5, 10, level=0.95))
