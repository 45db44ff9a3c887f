"""Baskets as numbers: which items each basket holds, whose it is, and in which week it was bought."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from crmlab.errors import DataError


@dataclass(frozen=True)
class Baskets:
    """n baskets of m items, each item once a basket.

    start: (n + 1,) where a basket's items begin in `item`; item: (k,) item numbers from 0 to m - 1, ascending
    within a basket. customer, week: (n,) numbers of the owner and of the time stratum of each basket, None
    where unknown.
    """

    start: np.ndarray
    item: np.ndarray
    m: int
    customer: np.ndarray | None = None
    week: np.ndarray | None = None

    @property
    def n(self) -> int:
        """Number of baskets."""
        return len(self.start) - 1

    @cached_property
    def sizes(self) -> np.ndarray:
        """Number of items of each basket, (n,)."""
        return np.diff(self.start)

    @cached_property
    def basket(self) -> np.ndarray:
        """The basket of each entry of `item`, (k,)."""
        return np.repeat(np.arange(self.n), self.sizes)

    @cached_property
    def counts(self) -> np.ndarray:
        """Number of baskets that hold each item, (m,)."""
        return np.bincount(self.item, minlength=self.m)

    def only(self, items: np.ndarray) -> Baskets:
        """Return the same baskets with some items only, numbered anew in the order of `items` (ascending)."""
        number = np.full(self.m, -1, dtype=np.int64)
        number[items] = np.arange(len(items))
        new = number[self.item]
        kept = new >= 0
        start = np.concatenate([[0], np.cumsum(kept)])[self.start]
        return replace(self, start=start, item=new[kept], m=len(items))

    def taken(self, which: np.ndarray) -> Baskets:
        """Return some baskets, by a mask (n,) or by numbers; the items keep their numbers."""
        numbers = np.flatnonzero(which) if which.dtype == bool else which
        sizes = self.sizes[numbers]
        start = np.concatenate([[0], np.cumsum(sizes)])
        place = np.arange(start[-1]) + np.repeat(self.start[numbers] - start[:-1], sizes)
        of = {c: None if v is None else v[numbers] for c, v in self._strata().items()}
        return Baskets(start, self.item[place], self.m, **of)

    def _strata(self) -> dict[str, np.ndarray | None]:
        """Return what is known of each basket."""
        return {"customer": self.customer, "week": self.week}


def baskets_of(
    basket: np.ndarray,
    item: np.ndarray,
    *,
    n: int,
    m: int,
    customer: np.ndarray | None = None,
    week: np.ndarray | None = None,
) -> Baskets:
    """Return baskets from lines (k,): numbers of basket (0 to n - 1) and item (0 to m - 1), in any order.

    An item that a basket holds several times counts once. customer, week: (n,) of each basket. Raises
    DataError for numbers out of range or arrays of unequal length.
    """
    basket, item = np.asarray(basket, dtype=np.int64), np.asarray(item, dtype=np.int64)
    if basket.shape != item.shape:
        raise DataError(f"{len(basket)} lines name a basket, {len(item)} an item: give each line both")
    for name, values, most in (("basket", basket, n), ("item", item, m)):
        if len(values) and (values.min() < 0 or values.max() >= most):
            raise DataError(
                f"{name} numbers go from {values.min()} to {values.max()}, not from 0 to {most - 1}"
            )
    lines = np.unique(basket * m + item) if len(basket) else basket
    owner, held = np.divmod(lines, max(m, 1))
    start = np.concatenate([[0], np.cumsum(np.bincount(owner, minlength=n))])
    return Baskets(start, held, m, customer, week)


def baskets_of_lists(lists: Sequence[Sequence[int]], *, m: int | None = None) -> Baskets:
    """Return baskets given as lists of item numbers."""
    basket = np.repeat(np.arange(len(lists)), [len(one) for one in lists])
    item = np.fromiter((i for one in lists for i in one), dtype=np.int64)
    most = int(item.max()) + 1 if len(item) else 0
    return baskets_of(basket, item, n=len(lists), m=most if m is None else m)
