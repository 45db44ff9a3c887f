"""Reasons of offers: why an item stands on a customer's list, in the customer's own numbers or in others'."""

from __future__ import annotations

from collections.abc import Collection
from functools import cached_property
from typing import Final

import numpy as np
import pandas as pd
from scipy import sparse

from crmlab.maths.next_basket.purchases import Purchases

LEAST: Final = 5
"""So many customers must have bought both items before one is a reason for the other."""

NOTABLE: Final = 1.5
"""From so many times as often on, what goes together is told."""


class OfferReasons:
    """What reasons are taken from: everybody's purchases before a list was made, and the day of the list."""

    def __init__(self, purchases: Purchases, now: pd.Timestamp, *, hidden: Collection[str] = ()):
        """Keep what reasons are taken from. hidden: items that no reason may name."""
        self.purchases, self.now = purchases, now
        self.hidden = np.isin(purchases.items, list(hidden))

    def of(self, customer: str, item: str) -> str:
        """Return why an item stands on a customer's list: bought before, goes with what was, or popular.

        Raises KeyError for an item that nobody bought.
        """
        number = self.item_numbers[item]
        items, at = self._of_customer(customer)
        days = np.unique(at[items == number].astype("datetime64[D]"))
        if len(days):
            return self._of_habit(days)
        told = np.unique(items)
        return self._of_company(told[~self.hidden[told]], number) or self._of_everybody(number)

    @cached_property
    def item_numbers(self) -> dict[str, int]:
        """Numbers of items by name."""
        return {name: number for number, name in enumerate(self.purchases.items.tolist())}

    @cached_property
    def customer_numbers(self) -> dict[str, int]:
        """Numbers of customers by name."""
        return {name: number for number, name in enumerate(self.purchases.customers.tolist())}

    @cached_property
    def _ever(self) -> sparse.csc_array:
        """Who bought each item, (n, m), by columns."""
        return sparse.csc_array(self.purchases.bought)

    @cached_property
    def _buyers(self) -> np.ndarray:
        """How many customers bought each item, (m,)."""
        return self.purchases.buyers

    def _of_customer(self, customer: str) -> tuple[np.ndarray, np.ndarray]:
        """Return the items of a customer's entries and when they were bought; none of a stranger."""
        number = self.customer_numbers.get(customer, -1)
        start, end = np.searchsorted(self.purchases.customer, [number, number + 1])
        start = end if number < 0 else start
        return self.purchases.item[start:end], self.purchases.at[start:end]

    def _of_habit(self, days: np.ndarray) -> str:
        """Say how often the customer bought an item, about how far apart, and how long ago."""
        ago = (self.now.normalize() - pd.Timestamp(days[-1])).days
        last = "today" if ago <= 0 else f"{ago:,} day{'s' * (ago != 1)} ago"
        if len(days) == 1:
            return f"bought on one day, {last}"
        every = int(np.median(np.diff(days).astype(int)))
        return f"bought on {len(days)} days, about every {every:,} day{'s' * (every != 1)}, last {last}"

    def _of_company(self, bought: np.ndarray, item: int) -> str | None:
        """Say with which of the customer's items an item goes best, by how many customers bought both."""
        buyers, ever = self._buyers, self._ever
        who = np.zeros(self.purchases.n, dtype=bool)
        who[ever.indices[ever.indptr[item] : ever.indptr[item + 1]]] = True
        both = np.array(
            [who[ever.indices[ever.indptr[b] : ever.indptr[b + 1]]].sum() for b in bought], dtype=float
        )
        lift = np.where(both >= LEAST, both * self.purchases.n / (buyers[bought] * buyers[item]), 0.0)
        if not len(lift) or lift.max() < NOTABLE:
            return None
        best = int(np.argmax(lift))
        name = self.purchases.items[bought[best]]
        return f"customers with {name} take this {lift[best]:.1f} times as often as all"

    def share(self, item: int) -> float:
        """Return which share of all customers bought an item, by its number."""
        return float(self._buyers[item] / self.purchases.n)

    def _of_everybody(self, item: int) -> str:
        """Say how many customers bought an item."""
        return f"bought by {self.share(item):.1%} of all customers"
