"""Shuffled baskets: worlds that keep every basket's size and every item's count, and nothing else.

Within strata (weeks, customers) each stratum keeps the counts of its own items, too.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

import numpy as np

from crmlab.errors import UsageError
from crmlab.maths.mining.baskets import Baskets
from crmlab.seeds import generator

TRADES: Final = 12
"""Trades a basket has from the data: after 5 the strongest pairs are still 40 % too frequent."""

TOGETHER: Final = 50_000
"""Baskets that are shuffled at once: of a small shop, those of several worlds."""

_ONE: Final = np.uint64(1)
_HASH_BITS: Final = 24
_MIX: Final = (0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB)
"""The multipliers of splitmix64 (Steele, Lea and Flood 2014)."""


def worlds(
    baskets: Baskets,
    number: int,
    *,
    seed: int,
    strata: np.ndarray | None = None,
    trades: int = TRADES,
) -> Iterator[Baskets]:
    """Yield shuffled worlds, each at least `trades` trades a basket away from the data.

    strata: (n,) whole numbers; baskets trade within their own only. A trade (curveball, Strona et al. 2014;
    its limit is the uniform distribution, Carstens 2015): two baskets keep the items that both hold and deal
    the others anew among them, each keeping its size. In a round every basket takes part in one trade, but
    for one of a stratum of odd size; so many more rounds there are. Raises UsageError for no trades, and for
    more baskets and items than a number of 64 bits can name.
    """
    if trades < 1:
        raise UsageError(f"trades = {trades} must be at least 1")
    if _shift(baskets) + int(baskets.n).bit_length() > 64:
        raise UsageError(
            f"{baskets.n:,} baskets of {baskets.m:,} items are too many: shuffle a sample of them"
        )
    group = (
        np.zeros(baskets.n, dtype=np.int64) if strata is None else np.unique(strata, return_inverse=True)[1]
    )
    together = max(1, min(number, TOGETHER // max(1, baskets.n)))
    for begin in range(0, number, together):
        copies = min(together, number - begin)
        rng = generator(seed, "shuffled baskets", begin)
        if copies == 1:
            yield _shuffled(baskets, group, trades, rng)
        else:
            yield from _apart(_shuffled(*_stacked(baskets, group, copies), trades, rng), baskets, copies)


def _stacked(baskets: Baskets, group: np.ndarray, copies: int) -> tuple[Baskets, np.ndarray]:
    """Return several copies of baskets as one, whose strata are apart: small worlds are shuffled at once."""
    start = (np.arange(copies)[:, None] * len(baskets.item) + baskets.start[:-1]).ravel()
    one = Baskets(np.append(start, copies * len(baskets.item)), np.tile(baskets.item, copies), baskets.m)
    return one, (np.arange(copies)[:, None] * (group.max(initial=0) + 1) + group).ravel()


def _apart(stacked: Baskets, baskets: Baskets, copies: int) -> Iterator[Baskets]:
    """Yield the copies of stacked baskets one by one."""
    for item in np.split(stacked.item, copies):
        yield replace(baskets, item=item)


def _item_bits(baskets: Baskets) -> int:
    """Return how many bits the number of an item takes."""
    return max(1, int(baskets.m - 1).bit_length())


def _shift(baskets: Baskets) -> int:
    """Return how many bits of an entry stand below the number of its pair of baskets."""
    return _HASH_BITS + _item_bits(baskets) + 1


def _rounds(sizes: np.ndarray, trades: int) -> int:
    """Return how many rounds give a basket of each stratum that can trade `trades` trades, on average."""
    odd = sizes[(sizes % 2 == 1) & (sizes > 1)]
    return trades if not len(odd) else int(np.ceil(trades * odd.min() / (odd.min() - 1)))


def _shuffled(baskets: Baskets, group: np.ndarray, trades: int, rng: np.random.Generator) -> Baskets:
    """Return one world.

    An entry is a number of 64 bits: the pair of baskets that trade, a hash of pair and item, the item, and
    the side that holds it. Sorted, the entries of a pair lie together in random order, and an item that both
    sides hold lies beside itself. The first of those that one side alone holds go to the first side.
    """
    if not len(baskets.item):
        return baskets
    members = np.bincount(group)
    slots = _slots(members)
    bits = _item_bits(baskets)
    held, sizes = baskets.sizes.astype(np.int32), np.zeros(int(slots[-1]) // 2 * 2 + 2, np.int32)
    # owner: which basket lies in each slot; slot: where each entry lies; item: twice its item
    owner, slot, item = np.arange(baskets.n), baskets.basket, baskets.item.astype(np.uint64) << _ONE
    for _ in range(_rounds(members, trades)):
        order = _order(group, rng)
        place = np.empty(baskets.n, dtype=np.uint64)
        place[order] = slots
        code = place[owner][slot]
        owner = np.zeros(len(sizes), dtype=np.int64)
        owner[slots], sizes[slots] = order, held[order]
        entry = _entries(code, item, bits, rng.integers(1 << 63, dtype=np.uint64))
        entry.sort()
        side = entry & _ONE
        entry >>= _ONE
        slot = _dealt(entry, side, sizes)
        entry &= np.uint64((1 << bits) - 1)
        entry <<= _ONE
        item = entry
    done = np.sort((owner[slot] << bits) | (item >> _ONE).astype(np.int64))
    return replace(baskets, item=done & ((1 << bits) - 1))


def _slots(members: np.ndarray) -> np.ndarray:
    """Return twice the pair plus the side of each basket in order, (n,); a stratum begins a new pair."""
    begins = np.concatenate([[0], np.cumsum(members + members % 2)])[:-1]
    firsts = np.concatenate([[0], np.cumsum(members)])[:-1]
    return np.arange(members.sum()) + np.repeat(begins - firsts, members)


def _order(group: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return the baskets in random order within their strata, strata ascending."""
    shuffled = rng.permutation(len(group))
    return shuffled[np.argsort(group[shuffled], kind="stable")] if group.any() else shuffled


def _entries(code: np.ndarray, item: np.ndarray, bits: int, salt: np.uint64) -> np.ndarray:
    """Return the entries; code: twice the pair, and the side; item: twice the item. It overwrites `code`.

    The hash is splitmix64's of pair, item and salt.
    """
    golden, first, second = (np.uint64(c) for c in _MIX)
    low = np.uint64(bits + 1)
    entry = code >> _ONE
    mixed = entry << low
    mixed |= item
    entry <<= np.uint64(bits + 1 + _HASH_BITS)
    entry |= item
    entry |= np.bitwise_and(code, _ONE, out=code)
    mixed *= golden
    mixed += salt
    mixed ^= np.right_shift(mixed, np.uint64(30), out=code)
    mixed *= first
    mixed ^= np.right_shift(mixed, np.uint64(27), out=code)
    mixed *= second
    # its last step moves no bit that is used
    mixed >>= np.uint64(64 - _HASH_BITS)
    mixed <<= low
    entry |= mixed
    return entry


def _dealt(entry: np.ndarray, side: np.ndarray, sizes: np.ndarray) -> np.ndarray:
    """Return the new slot of each sorted entry; side: where it was; sizes: of the baskets, by slot."""
    of_pair = sizes[::2] + sizes[1::2]
    same = entry[1:] == entry[:-1]
    single = np.ones(len(entry), dtype=bool)
    single[1:] ^= same
    single[:-1] &= ~same
    place = np.cumsum(single, dtype=np.int32)
    ends = np.concatenate([np.zeros(1, dtype=np.int32), place])[np.cumsum(of_pair)]
    begins = np.concatenate([np.zeros(1, dtype=np.int32), ends[:-1]])
    # of a pair's items that one side alone holds, so many go to the first side
    first = (sizes[::2] - sizes[1::2] + ends - begins) // 2
    later = place > np.repeat(begins + first, of_pair)
    later &= single
    both = np.flatnonzero(~single)
    later[both] = side[both].astype(bool)
    slot = np.repeat(np.arange(0, len(sizes), 2, dtype=np.int32), of_pair)
    slot += later
    return slot
