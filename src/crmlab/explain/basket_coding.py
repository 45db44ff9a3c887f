"""Lines as numbers: baskets in order of time, and the names behind the numbers."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import pandas as pd

from crmlab.errors import NotApplicable
from crmlab.maths.mining.baskets import Baskets, baskets_of

WEEK_DAYS: Final = 7


@dataclass(frozen=True)
class Coded:
    """Baskets in order of time.

    items: the name of each item, (m,), sorted; at: (n,) when each basket was bought, None where there is no
    time; amount: (k,) what was paid for each entry of the baskets, None where unknown.
    """

    baskets: Baskets
    items: np.ndarray
    at: np.ndarray | None
    amount: np.ndarray | None

    def taken(self, which: np.ndarray) -> Coded:
        """Return some of the baskets, by a mask (n,); items and customers keep their numbers."""
        entries = which[self.baskets.basket]
        return replace(
            self,
            baskets=self.baskets.taken(which),
            at=None if self.at is None else self.at[which],
            amount=None if self.amount is None else self.amount[entries],
        )

    def span(self) -> str:
        """Say from when to when the baskets are, or how many where there is no time."""
        if self.at is None:
            return f"{self.baskets.n:,} baskets"
        first, last = (pd.Timestamp(self.at[i]).date().isoformat() for i in (0, -1))
        return f"{self.baskets.n:,} baskets of {first} to {last}"


def coded(lines: pd.DataFrame) -> Coded:
    """Return lines as baskets in order of time, and in order of the lines at the same time.

    lines: `basket, item` [`customer, at, amount`], one row per basket and item or more. A basket without a
    customer is its own. Raises NotApplicable where there are no two baskets or no two items.
    """
    known = lines[lines["item"].notna() & lines["basket"].notna()]
    if known["basket"].nunique() < 2 or known["item"].nunique() < 2:
        raise NotApplicable("there are fewer than two baskets or two items to find together")
    first = known.drop_duplicates("basket")
    if "at" in known:
        first = known.sort_values("at", kind="stable").drop_duplicates("basket")
    place = pd.Series(np.arange(len(first)), index=first["basket"])
    items, item = np.unique(known["item"].astype("str").to_numpy(dtype=object), return_inverse=True)
    basket = place.loc[known["basket"]].to_numpy()
    at = first["at"].to_numpy(dtype="datetime64[us]") if "at" in first else None
    made = baskets_of(
        basket,
        item,
        n=len(first),
        m=len(items),
        customer=_customers(first),
        week=None if at is None else weeks(at),
    )
    amount = None
    if "amount" in known:
        code = np.searchsorted(made.basket * made.m + made.item, basket * made.m + item)
        amount = np.bincount(code, weights=known["amount"].to_numpy(dtype=float), minlength=len(made.item))
    return Coded(made, items, at, amount)


def weeks(at: np.ndarray) -> np.ndarray:
    """Return the week of each moment, counted from the Monday of the first."""
    day = at.astype("datetime64[D]").astype(np.int64)
    # 1970-01-01 was a Thursday
    monday = (day.min() + 3) // WEEK_DAYS * WEEK_DAYS - 3
    return (day - monday) // WEEK_DAYS


def halves(shop: Coded, until: str | dt.date | None) -> tuple[Coded, Coded]:
    """Return the baskets before a day, and those from it on; the half of them where no day is named.

    Baskets of one moment stay together. Raises NotApplicable where one part is empty.
    """
    n = shop.baskets.n
    if shop.at is None:
        early = np.arange(n) < n // 2
    else:
        cut = np.datetime64(until, "us") if until is not None else shop.at[n // 2].astype("datetime64[D]")
        early = shop.at < cut
    if early.all() or not early.any():
        raise NotApplicable("the baskets cannot be parted in two windows, one to mine in and one to test in")
    return shop.taken(early), shop.taken(~early)


def _customers(first: pd.DataFrame) -> np.ndarray:
    """Return the number of each basket's customer; who is unknown is one of a kind."""
    if "customer" not in first:
        return np.arange(len(first))
    number, names = pd.factorize(first["customer"])
    return np.where(number < 0, len(names) + np.arange(len(first)), number)
