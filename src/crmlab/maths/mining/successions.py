"""Successions: how many customers bought one item and another one later."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from crmlab.maths.mining.baskets import Baskets

CELLS: Final = 5_000_000
"""Pairs of items of customers that are looked at together."""


@dataclass(frozen=True)
class Turns:
    """The baskets of each customer in order of time.

    order: (n,) the baskets by customer, and by time within; customer: (n,) its number, 0 to `people` - 1, in
    this order; turn: (n,) 0, 1, ... within the customer.
    """

    order: np.ndarray
    customer: np.ndarray
    turn: np.ndarray
    people: int


def turns(baskets: Baskets) -> Turns:
    """Return the turns of baskets that are in order of time."""
    owner = np.unique(baskets.customer, return_inverse=True)[1]
    order = np.argsort(owner, kind="stable")
    customer = owner[order]
    sizes = np.bincount(customer)
    turn = np.arange(baskets.n) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    return Turns(order, customer, turn, len(sizes))


def succession_table(baskets: Baskets, *, ahead: int | None = None) -> np.ndarray:
    """Return how many customers bought item i and, in a later basket, item j: (m, m).

    ahead: the later basket is one of so many next ones, any later one where None. Baskets in order of time.
    """
    places = turns(baskets)
    if ahead is None:
        return _any_later(baskets, places)
    m, found = baskets.m, np.zeros(baskets.m**2, dtype=np.int64)
    for customer, first, second in _links(baskets, places, ahead):
        codes = np.unique((customer * m + first) * m + second)
        found += np.bincount(codes % (m * m), minlength=m * m)
    return found.reshape(m, m)


def _any_later(baskets: Baskets, places: Turns) -> np.ndarray:
    """Return how many customers first bought i before they last bought j."""
    ordered = baskets.taken(places.order)
    cell = places.customer[ordered.basket] * baskets.m + ordered.item
    turn = places.turn[ordered.basket].astype(np.int32)
    first = np.full(places.people * baskets.m, np.iinfo(np.int32).max, dtype=np.int32)
    last = np.full(places.people * baskets.m, -1, dtype=np.int32)
    # entries are in order of time: of several the one that is written last stays
    last[cell] = turn
    first[cell[::-1]] = turn[::-1]
    # items by customers: one row is read at a time
    first, last = (np.ascontiguousarray(v.reshape(places.people, baskets.m).T) for v in (first, last))
    found = np.zeros((baskets.m, baskets.m), dtype=np.int64)
    for item in np.flatnonzero(baskets.counts):
        has = np.flatnonzero(last[item] >= 0)
        found[item] = np.count_nonzero(first[item, has] < last[:, has], axis=1)
    return found


def _links(
    baskets: Baskets, places: Turns, ahead: int
) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Yield customer, item and later item of all pairs of entries in baskets up to `ahead` apart.

    In parts of whole customers, so that a pair of items counts once a customer.
    """
    ordered = baskets.taken(places.order)
    sizes, work = ordered.sizes, np.zeros(places.people, dtype=np.int64)
    for distance in range(1, ahead + 1):
        near = places.customer[distance:] == places.customer[:-distance]
        work += np.bincount(
            places.customer[:-distance], near * sizes[:-distance] * sizes[distance:], places.people
        ).astype(np.int64)
    part = (np.cumsum(work) - work) // CELLS
    for number in np.unique(part):
        mine = part[places.customer] == number
        some, customer = ordered.taken(mine), places.customer[mine]
        pieces = [_products(some, customer, distance) for distance in range(1, ahead + 1)]
        yield tuple(np.concatenate(column) for column in zip(*pieces, strict=True))


def _products(
    ordered: Baskets, customer: np.ndarray, distance: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return customer, item and later item of all pairs of entries in baskets `distance` turns apart."""
    early = np.flatnonzero(customer[distance:] == customer[:-distance])
    sizes = ordered.sizes
    a, b = sizes[early], sizes[early + distance]
    first = ordered.taken(early)
    times = np.repeat(b, a)
    begins = np.repeat(ordered.start[early + distance], a)
    ends = np.cumsum(times)
    within = np.arange(ends[-1] if len(ends) else 0) - np.repeat(ends - times, times)
    second = ordered.item[np.repeat(begins, times) + within]
    return np.repeat(customer[early][first.basket], times), np.repeat(first.item, times), second
