"""Apriori: the rules from up to three items to an outcome that one origin's customers propose."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from crmlab.explain.items import Item, least

LENGTH: Final = 3
"""A rule has at most so many items."""

LIFT: Final = 1.05
"""A rule's customers churn at least so many times as often as all."""

IMPROVEMENT: Final = 0.02
"""By so much a rule's confidence exceeds that of every shorter rule within it, and the base rate."""

MOST: Final = 20
"""At most so many rules are counted again: each one more makes all intervals wider."""

SAME: Final = 0.7
"""Of two rules with a larger Jaccard overlap of their customers the stronger one stands for both."""


@dataclass(frozen=True)
class Found:
    """A rule at the mining origin.

    items: their numbers. n: customers who meet it; ones: those of them who churned; gain: how many more
    these are than its best shorter rule, or the base rate, expects.
    """

    items: tuple[int, ...]
    n: int
    ones: int
    gain: float


def mined(items: Sequence[Item], rows: pd.DataFrame, outcome: np.ndarray) -> list[Found]:
    """Return the rules from up to three items to an outcome of 1 in rows (n, p), the strongest first.

    Apriori (Agrawal and Srikant 1994): an itemset is looked at where its parts are frequent, which are
    those that `least` customers meet and churned. Kept are rules with a lift of LIFT whose confidence
    exceeds that of every shorter rule within by IMPROVEMENT (Bayardo, Agrawal and Gunopulos 1999). The
    strongest has the largest gain, so that an item which sharpens the rate of a few by chance comes late.
    """
    if not items:
        return []
    held = np.column_stack([item.condition.holds(rows) for item in items])
    few, base = least(len(rows)), float(outcome.mean())
    found = []
    for at, n, ones, shorter in _itemsets(held, outcome, few):
        rate = _confidence(n, ones)
        good = (ones >= few) & (rate >= LIFT * base) & (rate - shorter >= IMPROVEMENT)
        gain = ones - n * shorter
        numbers = zip(*(values[good].tolist() for values in (at, n, ones, gain)), strict=True)
        found += [Found(tuple(i), int(a), int(b), c) for i, a, b, c in numbers]
    return sorted(found, key=lambda rule: (-rule.gain, rule.items))


def _itemsets(
    held: np.ndarray, outcome: np.ndarray, few: int
) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]]:
    """Yield itemsets in blocks: items (r, k), how many meet them, how many of these are 1, best shorter rate.

    held: which of n rows meet the p items, (n, p). All singles, all pairs, then for each item the triples
    that it begins, of items with which it is frequent.
    """
    base, every = float(outcome.mean()), np.arange(held.shape[1])
    n, ones = _pairs(held, outcome)
    two, frequent = _confidence(n, ones), ones >= few
    one = np.diag(two)
    yield every[:, None], np.diag(n), np.diag(ones), np.full(len(every), base)
    i, j = np.triu_indices(len(every), 1)
    yield np.column_stack([i, j]), n[i, j], ones[i, j], np.maximum(base, np.maximum(one[i], one[j]))
    for first in every:
        others = every[(every > first) & frequent[first]]
        mine = held[:, first]
        n, ones = _pairs(held[np.ix_(mine, others)], outcome[mine])
        a, b = np.triu_indices(len(others), 1)
        i, j, k = np.full(len(a), first), others[a], others[b]
        shorter = np.max([one[i], one[j], one[k], two[i, j], two[i, k], two[j, k]], axis=0)
        yield np.column_stack([i, j, k]), n[a, b], ones[a, b], np.maximum(base, shorter)


def _pairs(held: np.ndarray, outcome: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return how many of n rows meet two of p items (n, p) at once, and how many of these are 1: (p, p)."""
    # counts below 2^24 are exact in 32 bits
    marks = held.astype(np.float32)
    positive = marks[outcome == 1]
    return marks.T @ marks, positive.T @ positive


def _confidence(n: np.ndarray, ones: np.ndarray) -> np.ndarray:
    """Return ones over n, 0 where nobody is."""
    return np.divide(ones, n, out=np.zeros(n.shape), where=n > 0)


def chosen(found: Sequence[Found], items: Sequence[Item], rows: pd.DataFrame) -> list[Found]:
    """Return the rules to be counted again, in order: at most MOST, no two of mostly the same customers.

    By turns the strongest one of each length, with a service event and without: attributes alone gain the
    most, and would leave no place for what service did.
    """
    held = [item.condition.holds(rows) for item in items]
    groups: dict[tuple[bool, int], list[Found]] = {}
    for rule in found:
        groups.setdefault((any(items[i].event for i in rule.items), len(rule.items)), []).append(rule)
    left = [iter(groups[key]) for key in sorted(groups)]
    kept: dict[Found, np.ndarray] = {}
    while left and len(kept) < MOST:
        turn = left.pop(0)
        for rule in turn:
            mine = np.logical_and.reduce([held[i] for i in rule.items])
            if all((mine & other).sum() <= SAME * (mine | other).sum() for other in kept.values()):
                kept[rule] = mine
                left.append(turn)
                break
    return [rule for rule in found if rule in kept]
