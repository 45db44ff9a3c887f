"""Successions as brute force counts them, and worlds without: what they keep, how likely they are."""

from __future__ import annotations

from collections import Counter
from itertools import product

import numpy as np
import pytest
from scipy.stats import chi2

from crmlab.errors import UsageError
from crmlab.maths.mining import orders, successions
from crmlab.maths.mining.baskets import Baskets, baskets_of
from crmlab.maths.mining.successions import succession_table, turns


def shop(seed, *, n=120, people=15, m=8, weeks=6, mean=2.0):
    """Return baskets in order of time."""
    rng = np.random.default_rng(seed)
    sizes = rng.poisson(mean, n)
    week = np.sort(rng.integers(0, weeks, n))
    return baskets_of(
        np.repeat(np.arange(n), sizes),
        rng.integers(0, m, sizes.sum()),
        n=n,
        m=m,
        customer=rng.integers(0, people, n) * 7,
        week=week,
    )


def kept(baskets: Baskets, of: np.ndarray) -> list[int]:
    """Return how often each item was bought in each stratum."""
    code = of[baskets.basket] * baskets.m + baskets.item
    return np.bincount(code, minlength=(int(of.max()) + 1) * baskets.m).tolist()


@pytest.mark.parametrize("ahead", [None, 1, 3])
@pytest.mark.parametrize("seed", range(12))
def test_successions_equal_brute_force(seed, ahead, monkeypatch):
    monkeypatch.setattr(successions, "CELLS", 200)
    made = shop(seed)
    bought = np.split(made.item, made.start[1:-1])
    expected = np.zeros((made.m, made.m), dtype=int)
    for customer in np.unique(made.customer):
        mine = np.flatnonzero(made.customer == customer)
        pairs = set()
        for a, early in enumerate(mine):
            for late in mine[a + 1 :][:ahead]:
                pairs |= set(product(bought[early].tolist(), bought[late].tolist()))
        for pair in pairs:
            expected[pair] += 1
    assert (succession_table(made, ahead=ahead) == expected).all()


def test_turns():
    made = baskets_of(np.arange(4), np.zeros(4, int), n=4, m=1, customer=np.array([9, 2, 9, 2]))
    found = turns(made)
    assert found.order.tolist() == [1, 3, 0, 2]
    assert found.turn.tolist() == [0, 1, 0, 1]
    assert found.people == 2


@pytest.mark.parametrize("seed", range(5))
def test_another_order_keeps_what_lay_together(seed):
    made = shop(seed)
    for world in orders.permuted(made, 3, seed=seed):
        assert kept(world, made.customer) == kept(made, made.customer)
        assert (world.customer == made.customer).all()
        assert (world.week == made.week).all()
        for customer in np.unique(made.customer):
            of = [b.taken(made.customer == customer) for b in (made, world)]
            contents = [sorted(map(tuple, (p.tolist() for p in np.split(b.item, b.start[1:-1])))) for b in of]
            assert contents[0] == contents[1]
    assert (world.item != made.item).any()


@pytest.mark.parametrize("seed", range(5))
def test_swaps_keep_customers_weeks_and_sizes(seed):
    made = shop(seed, n=300, people=10)
    worlds = list(orders.calendar_swapped(made, 2, seed=seed, rounds=40))
    for world in worlds:
        assert (world.start == made.start).all()
        assert kept(world, made.customer) == kept(made, made.customer)
        assert kept(world, made.week) == kept(made, made.week)
    assert (worlds[0].item != made.item).mean() > 0.1
    assert (worlds[0].item != worlds[1].item).any()


def test_swaps_reach_every_state_equally():
    """Three customers, two weeks, two items: who bought which first is dealt anew, chi-square over states."""
    made = baskets_of(
        np.arange(8),
        np.array([0, 1, 0, 1, 1, 0, 1, 0]),
        n=8,
        m=2,
        customer=np.array([0, 1, 2, 3, 0, 1, 2, 3]),
        week=np.array([0] * 4 + [1] * 4),
    )
    number = 3_000
    seen = Counter(tuple(w.item.tolist()) for w in orders.calendar_swapped(made, number, seed=3, rounds=6))
    assert len(seen) == 6
    distance = sum((n - number / 6) ** 2 / (number / 6) for n in seen.values())
    assert distance < chi2.ppf(0.999, 5)


@pytest.mark.parametrize("seed", range(5))
def test_dealing_keeps_customers_exactly_and_weeks_nearly(seed, monkeypatch):
    made = shop(seed, n=900, people=60, mean=3.0)
    worlds = list(orders.calendar_dealt(made, 20, seed=seed))
    for world in worlds:
        assert kept(world, made.customer) == kept(made, made.customer)
    monkeypatch.setattr(orders, "DEALT", 50)
    in_parts = next(orders.calendar_dealt(made, 1, seed=seed))
    assert kept(in_parts, made.customer) == kept(made, made.customer)
    mean = np.mean([kept(w, made.week) for w in worlds], axis=0)
    assert np.corrcoef(mean, kept(made, made.week))[0, 1] > 0.5
    assert np.corrcoef(np.mean([w.sizes for w in worlds], axis=0), made.sizes)[0, 1] > 0.8


def test_a_season_is_kept_and_no_succession():
    """i sells in the first weeks, j in the last: i before j is the calendar's, and its nulls have it."""
    rng = np.random.default_rng(1)
    n = 2_000
    week = np.sort(rng.integers(0, 20, n))
    early = np.where(week < 10, 0, 1)
    made = baskets_of(
        np.repeat(np.arange(n), 2),
        np.column_stack([early, rng.integers(2, 6, n)]).ravel(),
        n=n,
        m=6,
        customer=rng.integers(0, 600, n),
        week=week,
    )
    count = succession_table(made)[0, 1]
    by_order = np.mean([succession_table(w)[0, 1] for w in orders.permuted(made, 10, seed=1)])
    swapped = np.mean(
        [succession_table(w)[0, 1] for w in orders.calendar_swapped(made, 5, seed=1, rounds=40)]
    )
    dealt = np.mean([succession_table(w)[0, 1] for w in orders.calendar_dealt(made, 10, seed=1)])
    assert by_order < 0.9 * count
    assert swapped == pytest.approx(count, rel=0.02)
    assert dealt == pytest.approx(count, rel=0.05)


def test_too_many_cells_are_refused(monkeypatch):
    monkeypatch.setattr(orders, "CELLS", 100)
    with pytest.raises(UsageError, match=r"120 baskets × 8 items are too many for swaps"):
        next(orders.calendar_swapped(shop(1), 1, seed=1))
