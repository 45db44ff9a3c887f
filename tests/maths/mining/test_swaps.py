"""Shuffled baskets: what they keep, and that every world with the same margins is equally likely."""

from __future__ import annotations

from collections import Counter
from itertools import combinations, product

import numpy as np
import pytest
from scipy.stats import chi2

from crmlab.errors import UsageError
from crmlab.maths.mining import swaps
from crmlab.maths.mining.baskets import baskets_of, baskets_of_lists
from crmlab.maths.mining.counting import pair_table


def shop(seed=1, *, n=600, m=40, mean=5.0):
    """Return random baskets of a few popular and many rare items."""
    rng = np.random.default_rng(seed)
    share = 1 / (np.arange(m) + 3.0)
    sizes = 1 + rng.poisson(mean - 1, n)
    item = rng.choice(m, sizes.sum(), p=share / share.sum())
    return baskets_of(np.repeat(np.arange(n), sizes), item, n=n, m=m)


@pytest.mark.parametrize("strata", [None, 7, 200])
@pytest.mark.parametrize("together", [1, 50_000])
def test_a_world_keeps_sizes_and_counts_and_strata(strata, together, monkeypatch):
    monkeypatch.setattr(swaps, "TOGETHER", together)
    made = shop()
    group = None if strata is None else np.random.default_rng(2).integers(0, strata, made.n)
    found = list(swaps.worlds(made, 5, seed=3, strata=group))
    assert len(found) == 5
    for world in found:
        assert (world.start == made.start).all()
        assert (world.counts == made.counts).all()
        within = np.diff(world.basket) == 0
        assert (np.diff(world.item)[within] > 0).all(), "each item once, ascending"
        if group is not None:
            for g in range(strata):
                of = made.taken(group == g).counts, world.taken(group == g).counts
                assert (of[0] == of[1]).all()
    assert len({world.item.tobytes() for world in found}) == 5
    again = next(iter(swaps.worlds(made, 5, seed=3, strata=group)))
    assert (again.item == found[0].item).all()


def states(sizes, counts):
    """Return every set of baskets with these sizes and item counts."""
    every = product(*(list(combinations(range(len(counts)), s)) for s in sizes))
    return [s for s in every if [sum(i in b for b in s) for i in range(len(counts))] == list(counts)]


@pytest.mark.parametrize("together", [1, 100_000])
@pytest.mark.parametrize("begun", [[[0, 1], [0, 2], [1, 3], [0]], [[0, 1, 2], [0, 3], [1, 4], [2], [3, 4]]])
def test_every_state_is_equally_likely(begun, together, monkeypatch):
    """Chi-square over all states, enumerated; 6,000 worlds from one start."""
    monkeypatch.setattr(swaps, "TOGETHER", together)
    made, number = baskets_of_lists(begun), 6_000 if together > 1 else 1_500
    possible = states(made.sizes, made.counts)
    seen = Counter(
        tuple(tuple(part.tolist()) for part in np.split(w.item, w.start[1:-1]))
        for w in swaps.worlds(made, number, seed=5, trades=16)
    )
    assert set(seen) <= set(possible)
    expected = number / len(possible)
    distance = sum((seen[s] - expected) ** 2 / expected for s in possible)
    assert distance < chi2.ppf(0.999, len(possible) - 1)


def test_pairs_of_the_null_have_no_memory_of_the_data():
    """A planted pair is as frequent after 12 trades as after 48, within the noise of 60 worlds."""
    made = shop(4, n=400)
    extra = np.arange(0, 400, 4)
    planted = baskets_of(
        np.concatenate([made.basket, extra, extra]),
        np.concatenate([made.item, np.full(100, 30), np.full(100, 31)]),
        n=400,
        m=40,
    )
    few, many = (
        np.array([pair_table(w)[30, 31] for w in swaps.worlds(planted, 60, seed=6, trades=t)])
        for t in (swaps.TRADES, 4 * swaps.TRADES)
    )
    assert pair_table(planted)[30, 31] > 2.5 * few.mean()
    assert abs(few.mean() - many.mean()) < 4 * np.sqrt((few.var() + many.var()) / 60)


def test_nothing_can_be_traded_where_each_stratum_has_one_basket():
    made = shop(n=30)
    (world,) = swaps.worlds(made, 1, seed=1, strata=np.arange(30))
    assert (world.item == made.item).all()


def test_edges():
    assert [w.n for w in swaps.worlds(baskets_of_lists([]), 2, seed=1)] == [0, 0]
    (one,) = swaps.worlds(baskets_of_lists([[0, 1]]), 1, seed=1)
    assert one.item.tolist() == [0, 1]
    with pytest.raises(UsageError, match="trades = 0 must be at least 1"):
        next(swaps.worlds(shop(), 1, seed=1, trades=0))
    huge = baskets_of(np.array([0]), np.array([0]), n=1_000, m=2**40)
    with pytest.raises(UsageError, match="too many: shuffle a sample"):
        next(swaps.worlds(huge, 1, seed=1))
