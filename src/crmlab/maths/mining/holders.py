"""Whose baskets hold an itemset: counts by customer, and intervals of lifts by resampling customers."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy import sparse

from crmlab.maths.mining.baskets import Baskets
from crmlab.maths.mining.counting import bitsets
from crmlab.seeds import generator


def holders(baskets: Baskets, itemsets: list[tuple[int, ...]]) -> list[np.ndarray]:
    """Return the numbers of the baskets that hold each itemset."""
    if not itemsets:
        return []
    items = np.unique(np.concatenate([np.array(s) for s in itemsets]))
    rows = bitsets(baskets, items)
    found = []
    for itemset in itemsets:
        both = np.bitwise_and.reduce(rows[np.searchsorted(items, itemset)], axis=0)
        bits = np.unpackbits(both.view(np.uint8), count=baskets.n)
        found.append(np.flatnonzero(bits))
    return found


def lift_intervals(
    baskets: Baskets,
    itemsets: list[tuple[int, ...]],
    expected: np.ndarray,
    *,
    level: float,
    replicates: int,
    seed: int,
) -> tuple[np.ndarray, np.ndarray]:
    """Return the intervals of lifts over the null, lower and upper (r,), customers drawn with replacement.

    expected: (r,) the mean counts in the null worlds. In a replicate the count is of the customers drawn, and
    what is expected follows their number of baskets and of each item: the null's mean is proportional to the
    product of the items' shares. Percentiles; nan where nothing is expected.
    """
    if not itemsets:
        return np.zeros(0), np.zeros(0)
    owner = np.unique(baskets.customer, return_inverse=True)[1]
    people, held = int(owner.max(initial=-1)) + 1, holders(baskets, itemsets)
    with_set = _table(owner[np.concatenate(held)], _numbered(held), (people, len(itemsets)))
    with_item = _table(owner[baskets.basket], baskets.item, (people, baskets.m))
    parts = _table(
        np.concatenate([np.array(s) for s in itemsets]), _numbered(itemsets), (baskets.m, len(itemsets))
    )
    size, others = np.bincount(owner, minlength=people), np.array([len(s) - 1 for s in itemsets])
    lifts = np.empty((replicates, len(itemsets)))
    rng = generator(seed, "customers drawn")
    with np.errstate(divide="ignore", invalid="ignore"):
        for at in range(replicates):
            drawn = np.bincount(rng.integers(0, people, people), minlength=people)
            share = np.log(drawn @ with_item) - np.log(baskets.counts)
            grown = share @ parts - others * (np.log(drawn @ size) - np.log(baskets.n))
            lifts[at] = (drawn @ with_set) / (expected * np.exp(grown))
    # whoever has an item may not have been drawn: such a replicate says nothing
    lifts = np.where(np.isfinite(lifts), lifts, np.nan)
    known = np.isfinite(lifts).any(axis=0) & (expected > 0)
    ends = np.full((2, len(itemsets)), np.nan)
    ends[:, known] = np.nanquantile(lifts[:, known], [(1 - level) / 2, (1 + level) / 2], axis=0)
    return ends[0], ends[1]


def _numbered(parts: Sequence[Sequence[int]]) -> np.ndarray:
    """Return the number of its part for each member of all parts."""
    return np.repeat(np.arange(len(parts)), [len(part) for part in parts])


def _table(row: np.ndarray, column: np.ndarray, shape: tuple[int, int]) -> sparse.csr_matrix:
    """Return how often each row and column come together."""
    return sparse.csr_matrix((np.ones(len(row)), (row, column)), shape)
