"""Repurchase timing: planted gaps, and customers who do not come back, are found again."""

from __future__ import annotations

import numpy as np
import pytest

from crmlab.maths.mining import repurchase


def drawn(seed=1, *, people=3_000, span=365.0, mean=3.0, between=0.15, within=0.1, returns=0.8):
    """Return purchases of one product: customer, day; after each purchase she comes back or does not."""
    rng = np.random.default_rng(seed)
    rows = []
    for customer in range(people):
        own, day = rng.normal(mean, np.sqrt(between)), rng.uniform(0, span)
        while day < span:
            rows.append((customer, day))
            if rng.random() > returns:
                break
            day += np.exp(rng.normal(own, np.sqrt(within)))
    return np.array(rows)


def timing_of(rows, end):
    """Return the timing of purchases before `end`, and the customers' last days, gaps and logarithms."""
    customer, day = rows[:, 0].astype(int), rows[:, 1]
    product = np.zeros(len(day), dtype=int)
    c, p, _, gap = repurchase.gaps_of(customer, product, day)
    before = np.arange(len(c)) - np.repeat(*np.unique(c, return_index=True, return_counts=True)[1:])
    last, count = np.full(customer.max() + 1, -1.0), np.bincount(customer)
    np.maximum.at(last, customer, day)
    zero, there = np.zeros(int((count > 0).sum()), dtype=int), count > 0
    own = repurchase.shares(c, p, gap, 1)
    found = repurchase.fitted(p, gap, before, zero, end - last[there], count[there] - 1, own)
    total = np.bincount(c, np.log(np.maximum(gap, repurchase.LEAST_DAYS)), len(count))
    return found, last, count - 1, total


def test_planted_parameters_come_back():
    found, *_ = timing_of(drawn(), 365.0)
    assert found.mean[0] == pytest.approx(3.0, abs=0.05)
    assert found.variance[0] == pytest.approx(0.25, abs=0.04)
    assert found.own[0] == pytest.approx(0.6, abs=0.1)
    assert found.returns[0] == pytest.approx(np.full(repurchase.STEPS, 0.8), abs=0.05)


def test_what_is_foretold_happens():
    rows = drawn(2, people=6_000)
    past = rows[rows[:, 1] < 240]
    found, last, count, total = timing_of(past, 240.0)
    there = np.flatnonzero(last >= 0)
    mean, sd, returns = found.predicted(np.zeros(len(there), dtype=int), count[there], total[there])
    later = rows[rows[:, 1] >= 240]
    for days in (14, 40):
        chance = repurchase.chance_by(mean, sd, returns, 240 + days - last[there], waited=240 - last[there])
        came = np.isin(there, later[later[:, 1] < 240 + days, 0].astype(int))
        for part in np.array_split(np.argsort(chance), 4):
            assert chance[part].mean() == pytest.approx(came[part].mean(), abs=0.04)


def test_gaps_by_hand():
    customer, product = np.array([1, 1, 1, 2, 1]), np.array([0, 0, 0, 0, 1])
    c, p, day, gap = repurchase.gaps_of(customer, product, np.array([9, 2, 2, 5, 3]))
    assert (c.tolist(), p.tolist(), day.tolist(), gap.tolist()) == ([1], [0], [9], [7])


def test_the_more_gaps_a_customer_has_the_more_she_is_herself():
    timing = repurchase.Timing(
        *(np.array([v]) for v in (3.0, 0.25, 0.6)), np.full((1, 4), 0.5), np.array([99])
    )
    count = np.array([0, 1, 10])
    mean, sd, _ = timing.predicted(np.zeros(3, dtype=int), count, 2.0 * count)
    # the posterior of a normal mean: weight = .15 / (.15 + .1 / n)
    assert mean == pytest.approx([3.0, 3 - 0.6, 3 - 0.15 / 0.16])
    assert sd == pytest.approx(np.sqrt([0.25, 0.1 + 0.15 * 0.4, 0.1 + 0.15 * (1 - 0.15 / 0.16)]))


def test_a_product_that_was_seldom_bought_again_is_not_spoken_of():
    found, *_ = timing_of(drawn(3, people=15), 365.0)
    few, *_ = timing_of(drawn(3, people=4), 365.0)
    assert np.isfinite(found.mean[0]) == (found.gaps[0] >= repurchase.FEWEST)
    assert np.isnan(few.mean[0])
    assert np.isnan(few.returns).all()
