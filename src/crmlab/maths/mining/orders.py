"""Worlds without succession: each customer's baskets in another order, or her items on other days.

The first keeps what lay in each basket and forgets the calendar, too; the others keep the calendar: who buys
what, how much of what is sold in which week, and (by swaps exactly, by dealing on average) basket sizes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from typing import Final

import numpy as np

from crmlab.errors import UsageError
from crmlab.maths.mining.baskets import Baskets, baskets_of
from crmlab.maths.mining.successions import Turns, turns
from crmlab.seeds import generator

ROUNDS: Final = 150
CELLS: Final = 100_000_000
"""A table of baskets × items has at most so many cells."""

DEALT: Final = 4_000_000
"""Pairs of an item of a customer and a basket of hers that are dealt at a time."""


def permuted(baskets: Baskets, number: int, *, seed: int) -> Iterator[Baskets]:
    """Yield worlds in which each customer's baskets come in another order, at the times of her baskets."""
    order = turns(baskets).order
    owner = np.unique(baskets.customer, return_inverse=True)[1]
    for world in range(number):
        mixed = generator(seed, "order", world).permutation(baskets.n)
        moved = np.empty(baskets.n, dtype=np.int64)
        moved[order] = mixed[np.argsort(owner[mixed], kind="stable")]
        yield replace(baskets.taken(moved), customer=baskets.customer, week=baskets.week)


def calendar_swapped(baskets: Baskets, number: int, *, seed: int, rounds: int = ROUNDS) -> Iterator[Baskets]:
    """Yield worlds that keep customer × item, week × item and basket sizes, by swaps over four baskets.

    Of one customer b1 has i and not j and b2 has j and not i, of another b3 has j and b4 has i; b1 and b3 lie
    in one week, b2 and b4 in another: i and j change places in all four. In a round all weeks, all items and
    the baskets of a customer are matched by lot; in each pair of weeks and of items it is dealt anew who has
    them in which order. All worlds begin at one that is as far from the data as they are from it, so that
    data and worlds can change places even where swaps have not mixed (Besag and Clifford 1989). For shops in
    which many baskets hold the same items; the table of baskets × items is kept whole. Raises UsageError
    where that is too large: deal instead.
    """
    if baskets.n * baskets.m > CELLS:
        raise UsageError(
            f"{baskets.n:,} baskets × {baskets.m:,} items are too many for swaps: take the items that most "
            "customers buy, or deal"
        )
    held = np.zeros((baskets.n, baskets.m), dtype=bool)
    held[baskets.basket, baskets.item] = True
    owner = np.unique(baskets.customer, return_inverse=True)[1]
    hub = _swapped(held, owner, baskets.week, rounds, generator(seed, "calendar", "hub"))
    for world in range(number):
        found = _swapped(hub, owner, baskets.week, rounds, generator(seed, "calendar", world))
        basket, item = np.nonzero(found)
        start = np.concatenate([[0], np.cumsum(np.bincount(basket, minlength=baskets.n))])
        yield replace(baskets, item=item, start=start)


def _swapped(
    held: np.ndarray, owner: np.ndarray, week: np.ndarray, rounds: int, rng: np.random.Generator
) -> np.ndarray:
    """Return another table (n, m) of who holds what."""
    held, half = held.copy(), held.shape[1] // 2
    for _ in range(rounds):
        early, late, weeks = _matched(owner, week, rng)
        items = rng.permutation(held.shape[1])[: 2 * half]
        one, two = held[early], held[late]
        a, b, c, d = (part[:, side] for part in (one, two) for side in (items[:half], items[half:]))
        differ = (a ^ b) & (c ^ d) & (a ^ c)
        row, pair = np.nonzero(differ)
        first = a[row, pair]
        group = weeks[row] * half + pair
        # within each pair of weeks and of items: who has them in this order is dealt anew
        mixed = np.lexsort((rng.random(len(row)), group))
        dealt = np.empty_like(first)
        dealt[mixed] = first[np.argsort(group, kind="stable")]
        turned = np.flatnonzero(dealt != first)
        for basket in (early[row[turned]], late[row[turned]]):
            for item in (items[pair[turned]], items[half + pair[turned]]):
                held[basket, item] ^= True
    return held


def _matched(
    owner: np.ndarray, week: np.ndarray, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return pairs of baskets of a customer in two matched weeks, and the number of the pair of weeks."""
    last = int(week.max())
    place = rng.permutation(last + 1 + (last + 1) % 2)[week]
    pair, side = place >> 1, place & 1
    mixed = rng.permutation(len(owner))
    key = (owner * (len(week) + 1) + pair) * 2 + side
    order = mixed[np.argsort(key[mixed], kind="stable")]
    begins = np.flatnonzero(np.diff(key[order], prepend=-1))
    rank = np.arange(len(order)) - np.repeat(begins, np.diff(np.append(begins, len(order))))
    code = (key[order] >> 1) * (len(week) + 1) + rank
    late = side[order] == 1
    _, first, second = np.intersect1d(code[~late], code[late], assume_unique=True, return_indices=True)
    early, later = order[~late][first], order[late][second]
    return early, later, pair[early]


def calendar_dealt(baskets: Baskets, number: int, *, seed: int) -> Iterator[Baskets]:
    """Yield worlds in which each item of a customer is dealt anew over her own baskets.

    As often as she bought it, in different baskets, with odds (the item's share of what is sold in that week)
    × (size of the basket). It keeps customer × item exactly, week × item and sizes on average, and works
    where hardly two customers buy the same.
    """
    places = turns(baskets)
    owner = np.empty(baskets.n, dtype=np.int64)
    owner[places.order] = places.customer
    lots, times = np.unique(owner[baskets.basket] * baskets.m + baskets.item, return_counts=True)
    customer, item = np.divmod(lots, max(1, baskets.m))
    work = np.cumsum(np.bincount(places.customer)[customer]) // DEALT
    cuts = np.flatnonzero(np.diff(work, prepend=-1, append=work[-1:] + 1))
    odds = _odds(baskets)
    for world in range(number):
        rng = generator(seed, "dealt", world)
        parts = [
            _dealt(baskets, places, customer[a:b], item[a:b], times[a:b], odds, rng)
            for a, b in pairwise(cuts)
        ]
        basket, held = (np.concatenate(column) for column in zip(*parts, strict=True))
        made = baskets_of(basket, held, n=baskets.n, m=baskets.m)
        yield replace(made, customer=baskets.customer, week=baskets.week)


def _odds(baskets: Baskets) -> np.ndarray:
    """Return the share of each item in what is sold in each week, (weeks, m)."""
    weeks = int(baskets.week.max()) + 1
    cell = baskets.week[baskets.basket] * baskets.m + baskets.item
    sold = np.bincount(cell, minlength=weeks * baskets.m).reshape(weeks, baskets.m)
    return sold / np.maximum(1, sold.sum(axis=1, keepdims=True))


def _dealt(
    baskets: Baskets,
    places: Turns,
    customer: np.ndarray,
    item: np.ndarray,
    times: np.ndarray,
    odds: np.ndarray,
    rng: np.random.Generator,
) -> tuple[np.ndarray, np.ndarray]:
    """Return basket and item of lots that are dealt: (k,) customers, items, and how often she bought each.

    Without replacement, by the smallest of exponential times (Efraimidis and Spirakis 2006).
    """
    own = np.bincount(places.customer)
    begins, lots = (np.cumsum(own) - own)[customer], own[customer]
    first = np.cumsum(lots) - lots
    row = np.repeat(np.arange(len(lots)), lots)
    within = np.arange(len(row)) - first[row]
    basket = places.order[begins[row] + within]
    weight = odds[baskets.week[basket], item[row]] * baskets.sizes[basket]
    wait = np.full(len(row), 1e12)
    np.divide(rng.standard_exponential(len(row)), weight, out=wait, where=weight > 0)
    # by row, and within by time, which is brought between 0 and 1
    order = np.argsort(row + wait / (1 + wait))
    chosen = order[within < times[row]]
    return basket[chosen], item[row[chosen]]
