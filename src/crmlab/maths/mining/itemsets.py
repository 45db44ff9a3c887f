"""Frequent itemsets: every set of items that enough baskets hold, exactly, with how many do."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from math import ceil

import numpy as np

from crmlab.errors import UsageError
from crmlab.maths.mining.baskets import Baskets
from crmlab.maths.mining.counting import bitsets, pairs


@dataclass(frozen=True)
class Itemsets:
    """The frequent itemsets of n baskets of m items.

    sets: per length k an array (r, k) of item numbers, ascending in a row, rows in lexical order; counts:
    per length (r,) how many baskets hold each. least: the count from which a set is frequent.
    """

    n: int
    m: int
    least: int
    sets: tuple[np.ndarray, ...]
    counts: tuple[np.ndarray, ...]

    def __len__(self) -> int:
        return sum(map(len, self.sets))

    @property
    def by_length(self) -> tuple[int, ...]:
        """How many have 1, 2, ... items."""
        return tuple(map(len, self.sets))

    def count(self, sets: np.ndarray) -> np.ndarray:
        """Return the counts of frequent itemsets (r, k), k >= 0, ascending in a row.

        Every part of a frequent itemset is frequent, so a set is found by its parts from the left.
        """
        k = sets.shape[1]
        if k == 0:
            return np.full(len(sets), self.n, dtype=np.int64)
        place = np.zeros(len(sets), dtype=np.int64)
        for length in range(k):
            place = np.searchsorted(self._codes[length], place * self.m + sets[:, length])
        return self.counts[k - 1][place]

    @property
    def _codes(self) -> tuple[np.ndarray, ...]:
        """Number each set by the place of its first k - 1 items among those of length k - 1, and its last."""
        if "codes" not in self.__dict__:
            codes: list[np.ndarray] = []
            for sets in self.sets:
                place = np.zeros(len(sets), dtype=np.int64)
                for length, known in enumerate(codes):
                    place = np.searchsorted(known, place * self.m + sets[:, length])
                codes.append(place * self.m + sets[:, -1])
            self.__dict__["codes"] = tuple(codes)
        return self.__dict__["codes"]


def least_count(support: float, n: int) -> int:
    """Return the smallest count whose share of n is at least `support`, by integers; 1 at least.

    Raises UsageError for a support that is not within 0 and 1.
    """
    if not 0 <= support <= 1:
        raise UsageError(f"support = {support!r} must lie between 0 and 1")
    return max(1, ceil(Fraction(str(support)) * n))


def frequent(baskets: Baskets, *, support: float, longest: int | None = None) -> Itemsets:
    """Return the itemsets of at most `longest` items that at least a share `support` of the baskets hold.

    Pairs are counted in a table; from there on depth first over bitsets, narrowed to the words in which the
    first items are held (Eclat, Zaki 2000).
    """
    least = least_count(support, baskets.n)
    counts = baskets.counts
    items = np.flatnonzero(counts >= least)
    levels = [(items[:, None], counts[items])]
    most = len(items) if longest is None else longest
    if most >= 2 and len(items) >= 2:
        two, held = pairs(baskets.only(items), least)
        levels.append((items[two], held))
        if most >= 3 and len(two) >= 3:
            levels += _longer(baskets, items[two], least, most)
    kept = [(s, c) for s, c in levels if len(s)]
    sets, held = tuple(s for s, _ in kept), tuple(c for _, c in kept)
    return Itemsets(baskets.n, baskets.m, least, sets, held)


def _longer(baskets: Baskets, two: np.ndarray, least: int, most: int) -> list[tuple[np.ndarray, np.ndarray]]:
    """Return the itemsets of three items and more, by length, from the frequent pairs."""
    items = np.unique(two)
    rows, two = bitsets(baskets, items), np.searchsorted(items, two)
    frequent_pair = np.zeros((len(items), len(items)), dtype=bool)
    frequent_pair[two[:, 0], two[:, 1]] = True
    found: dict[int, list[tuple[np.ndarray, np.ndarray]]] = {}
    for first in np.unique(two[:, 0]):
        partners = np.flatnonzero(frequent_pair[first])
        if len(partners) < 2:
            continue
        words = np.flatnonzero(rows[first])
        held = rows[partners[:, None], words[None, :]] & rows[first, words]
        for sets, counts in _grown((int(first),), partners, held, frequent_pair, least, most):
            found.setdefault(sets.shape[1], []).append((items[sets], counts))
    lengths = sorted(found)
    return [tuple(np.concatenate(part) for part in zip(*found[k], strict=True)) for k in lengths]


def _grown(
    prefix: tuple[int, ...],
    last: np.ndarray,
    held: np.ndarray,
    frequent_pair: np.ndarray,
    least: int,
    most: int,
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield the frequent itemsets that begin with a prefix and two of `last`, and longer ones, with counts.

    held: (len(last), words) where the prefix and each of `last` are held.
    """
    for place in range(len(last) - 1):
        after = np.flatnonzero(frequent_pair[last[place], last[place + 1 :]]) + place + 1
        if not len(after):
            continue
        words = np.flatnonzero(held[place])
        both = held[after[:, None], words[None, :]] & held[place, words]
        counts = np.bitwise_count(both).sum(axis=1, dtype=np.int64)
        good = counts >= least
        if not good.any():
            continue
        begun, ends = (*prefix, int(last[place])), last[after[good]]
        yield np.column_stack([np.tile(begun, (len(ends), 1)), ends]), counts[good]
        if len(begun) + 2 <= most and len(ends) > 1:
            yield from _grown(begun, ends, both[good], frequent_pair, least, most)
