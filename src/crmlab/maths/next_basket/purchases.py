"""Purchases as numbers: who bought which item in which of their baskets, the last basket first."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import pandas as pd
from scipy import sparse


@dataclass(frozen=True)
class Purchases:
    """Baskets of n customers over m items, each item once a basket: k entries.

    customers: (n,) names. items: (m,) names, ascending. customer, item: (k,) numbers of each entry's customer
    and item. age: (k,) how many baskets the customer bought after this one, 0 for the last. basket: (k,)
    number of the basket among all, in order of customer and time. at: (k,) when the basket was begun.
    baskets: (n,) baskets of each customer. Entries stand in the order of baskets.
    """

    customers: np.ndarray
    items: np.ndarray
    customer: np.ndarray
    item: np.ndarray
    age: np.ndarray
    basket: np.ndarray
    at: np.ndarray
    baskets: np.ndarray

    @property
    def n(self) -> int:
        """Number of customers."""
        return len(self.customers)

    @property
    def m(self) -> int:
        """Number of items."""
        return len(self.items)

    def summed(self, weights: np.ndarray | None = None) -> sparse.csr_array:
        """Return the sum of weights (k,) of each customer and item, (n, m); default: counts of baskets."""
        values = np.ones(len(self.item)) if weights is None else np.asarray(weights, dtype=np.float64)
        made = sparse.coo_array((values, (self.customer, self.item)), shape=(self.n, self.m))
        return made.tocsr()  # which sums what stands in one place

    @cached_property
    def counts(self) -> sparse.csr_array:
        """Number of the customer's baskets that hold the item, (n, m)."""
        return self.summed()

    @cached_property
    def bought(self) -> sparse.csr_array:
        """Return 1 where a customer bought an item at least once, (n, m)."""
        ever = self.counts.copy()
        ever.data[:] = 1.0
        return ever

    @cached_property
    def held(self) -> sparse.csr_array:
        """Return 1 where a basket holds an item, (baskets, m): baskets in order of customer and time."""
        place = np.unique(self.basket, return_inverse=True)[1]
        rows = int(place.max()) + 1 if len(place) else 0
        return sparse.csr_array((np.ones(len(self.item)), (place, self.item)), shape=(rows, self.m))

    @property
    def popularity(self) -> np.ndarray:
        """Number of baskets that hold each item, (m,)."""
        return np.bincount(self.item, minlength=self.m).astype(np.float64)

    @property
    def buyers(self) -> np.ndarray:
        """Number of customers who bought each item, (m,)."""
        return np.bincount(self.counts.indices, minlength=self.m).astype(np.float64)

    def of(self, customers: np.ndarray) -> Purchases:
        """Return the purchases of some customers, by name and in that order; unknown ones bought nothing."""
        known = pd.Index(self.customers)
        place = np.full(self.n, -1, dtype=np.int64)
        found = known.get_indexer(pd.Index(customers))
        there = found >= 0
        place[found[there]] = np.flatnonzero(there)
        number = place[self.customer]
        baskets = np.zeros(len(customers), dtype=np.int64)
        baskets[there] = self.baskets[found[there]]
        kept = self._only(number >= 0)
        return replace(kept, customers=np.asarray(customers), customer=number[number >= 0], baskets=baskets)

    def without_last(self) -> Purchases:
        """Return the same purchases less the last basket of every customer; who bought one keeps none."""
        earlier = self._only(self.age > 0)
        return replace(earlier, age=earlier.age - 1, baskets=np.maximum(self.baskets - 1, 0))

    def last(self) -> sparse.csr_array:
        """Return 1 where the customer's last basket holds the item, (n, m)."""
        return self.summed((self.age == 0).astype(np.float64))

    def _only(self, which: np.ndarray) -> Purchases:
        """Return some entries, by a mask (k,)."""
        kept = {name: getattr(self, name)[which] for name in ("customer", "item", "age", "basket", "at")}
        return replace(self, **kept)


def purchases_of(history: pd.DataFrame, *, items: np.ndarray | None = None) -> Purchases:
    """Return the purchases of a frame of `customer, at, basket, item`, in any order.

    An item that a basket holds several times counts once. items: the items to number, ascending; others
    are left out, and baskets still count. Default: those that were bought.
    """
    customer, customers = pd.factorize(history["customer"], sort=True)
    basket, _ = pd.factorize(history["basket"].astype("str") + "\x1f" + history["customer"].astype("str"))
    at = history["at"].to_numpy().astype("datetime64[us]").astype(np.int64)
    if items is None:
        item, known = pd.factorize(history["item"], sort=True)
        items = np.asarray(known, dtype=np.str_)
    else:
        item = pd.Index(items).get_indexer(pd.Index(history["item"]))
    basket, age, begun, baskets = _in_time(customer, basket, at, len(customers))
    entries = np.unique(basket * (len(items) + 1) + item + 1, return_index=True)[1]
    entries = entries[item[entries] >= 0]
    return Purchases(
        customers=np.asarray(customers, dtype=np.str_),
        items=np.asarray(items, dtype=np.str_),
        customer=customer[entries],
        item=item[entries],
        age=age[entries],
        basket=basket[entries],
        at=begun[entries].astype("datetime64[us]"),
        baskets=baskets,
    )


def _in_time(
    customer: np.ndarray, basket: np.ndarray, at: np.ndarray, n: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return of each line the basket's number in time, age and beginning, and baskets by customer.

    A basket is as old as its first line; of two of the same moment the one that is named first came first.
    """
    count = int(basket.max()) + 1 if len(basket) else 0
    begun = np.full(count, np.iinfo(np.int64).max)
    np.minimum.at(begun, basket, at)
    owner = np.zeros(count, dtype=np.int64)
    owner[basket] = customer
    order = np.lexsort((np.arange(count), begun, owner))
    number = np.empty(count, dtype=np.int64)
    number[order] = np.arange(count)
    baskets = np.bincount(owner, minlength=n)
    end = np.cumsum(baskets)
    age = end[owner] - 1 - number
    return number[basket], age[basket], begun[basket], baskets
