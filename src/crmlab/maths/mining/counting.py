"""How many baskets hold each pair of items, and how many hold given itemsets."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np
from scipy import sparse

from crmlab.maths.mining.baskets import Baskets

TABLE: Final = 25_000_000
"""Pairs of items are counted in one table while it has at most so many cells."""

BLOCK: Final = 1 << 22
"""Words (64 baskets each) that are combined at a time."""


def pair_table(baskets: Baskets) -> np.ndarray:
    """Return how many baskets hold items i < j, (m, m); the cells with i >= j are 0."""
    m, counts = baskets.m, np.zeros(baskets.m**2, dtype=np.int64)
    for codes in _codes(baskets):
        counts += np.bincount(codes, minlength=m**2)
    return counts.reshape(m, m)


def _codes(baskets: Baskets) -> Iterator[np.ndarray]:
    """Yield i * m + j for every pair i < j of every basket, in blocks: neighbours, then next but one, ..."""
    item = baskets.item.astype(np.int32 if baskets.m**2 < 2**31 else np.int64)
    first = item * item.dtype.type(baskets.m)
    # how many items of the same basket come after an entry
    after = np.repeat(baskets.start[1:], baskets.sizes) - np.arange(len(item)) - 1
    at, distance = np.flatnonzero(after), 1
    waiting: list[np.ndarray] = []
    size = 0
    while len(at):
        waiting.append(first[at] + item[at + distance])
        size += len(at)
        distance += 1
        at = at[after[at] >= distance]
        # few large counts instead of many small ones: each passes over the whole table
        if size >= baskets.m**2 or not len(at):
            yield np.concatenate(waiting)
            waiting, size = [], 0


def pairs(baskets: Baskets, least: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the pairs of items (r, 2), ascending, that `least` >= 1 baskets or more hold, and how many."""
    if baskets.m**2 <= TABLE:
        table = pair_table(baskets)
        first, second = np.nonzero(table >= least)
        return np.column_stack([first, second]), table[first, second]
    held = sparse.csr_matrix(
        (np.ones(len(baskets.item), dtype=np.int32), baskets.item, baskets.start), (baskets.n, baskets.m)
    )
    both = sparse.triu(held.T @ held, k=1).tocsr()
    both.sum_duplicates()
    both = both.tocoo()
    kept = both.data >= least
    order = np.lexsort((both.col[kept], both.row[kept]))
    found = np.column_stack([both.row[kept], both.col[kept]])[order].astype(np.int64)
    return found, both.data[kept][order].astype(np.int64)


def bitsets(baskets: Baskets, items: np.ndarray) -> np.ndarray:
    """Return which baskets hold each of the given items, 64 to a word: (len(items), words) of uint64."""
    wanted = baskets.only(items)
    # a stable sort of short numbers is a radix sort
    short = np.uint16 if len(items) < 1 << 16 else np.int64
    basket = wanted.basket[np.argsort(wanted.item.astype(short), kind="stable")]
    rows = np.zeros((len(items), -(-baskets.n // 64) * 8), dtype=np.uint8)
    ends = np.cumsum(wanted.counts)
    for row, begin, end in zip(rows, ends - wanted.counts, ends, strict=True):
        held = np.zeros(baskets.n, dtype=bool)
        held[basket[begin:end]] = True
        row[: -(-baskets.n // 8)] = np.packbits(held)
    return rows.view(np.uint64)


def counted(baskets: Baskets, itemsets: list[np.ndarray]) -> list[np.ndarray]:
    """Return how many baskets hold each itemset; itemsets: arrays (r, k) of item numbers, one a length k."""
    named = [s for s in itemsets if s.size]
    if not named:
        return [np.zeros(len(s), dtype=np.int64) for s in itemsets]
    items = np.unique(np.concatenate([s.ravel() for s in named]))
    rows = bitsets(baskets, items)
    return [_held(rows, np.searchsorted(items, s)) for s in itemsets]


def _held(rows: np.ndarray, itemsets: np.ndarray) -> np.ndarray:
    """Return in how many baskets all bits of each itemset (r, k) are set."""
    found = np.zeros(len(itemsets), dtype=np.int64)
    step = max(1, BLOCK // max(1, rows.shape[1]))
    for begin in range(0, len(itemsets), step):
        part = itemsets[begin : begin + step]
        both = rows[part[:, 0]]
        for column in part.T[1:]:
            both &= rows[column]
        found[begin : begin + step] = np.bitwise_count(both).sum(axis=1, dtype=np.int64)
    return found
