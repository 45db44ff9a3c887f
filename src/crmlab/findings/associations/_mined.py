"""What one window proposes: rules above chance at face value, and the itemsets behind them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from crmlab.maths.mining import counting, swaps
from crmlab.maths.mining.baskets import Baskets
from crmlab.maths.mining.itemsets import frequent
from crmlab.maths.mining.rules import Rules, improving, measured, rules

FEWEST: Final = 5
"""A candidate is in at least so many baskets, whatever the support."""

SHUFFLED: Final = 10
"""Shuffled worlds that are mined to see how many rules chance proposes."""


@dataclass(frozen=True)
class Mined:
    """The rules that a window proposes.

    rules: (antecedent, consequent) as tuples of item numbers; itemsets: each itemset once; of_rule: (r,)
    the itemset of each rule.
    """

    rules: list[tuple[tuple[int, ...], tuple[int, ...]]]
    itemsets: list[tuple[int, ...]]
    of_rule: np.ndarray

    @property
    def consequents(self) -> list[int]:
        """The one item that each rule leads to."""
        return [rule[1][0] for rule in self.rules]

    def counts(self, baskets: Baskets) -> np.ndarray:
        """Return how many baskets hold each itemset."""
        return counts_of(baskets, self.itemsets)

    def frame(self, names: np.ndarray, before: Baskets, after: Baskets) -> pd.DataFrame:
        """Return a row per rule: names, `set`, and the measures in the window before and the one after.

        shorter: the highest confidence, after, of a rule to the same consequent from a part of it.
        """
        first, second = self._measures(before), self._measures(after)
        return pd.DataFrame(
            {
                "antecedent": [" and ".join(names[list(x)]) for x, _ in self.rules],
                "consequent": [" and ".join(names[list(y)]) for _, y in self.rules],
                "items": [tuple(names[list(self.itemsets[i])]) for i in self.of_rule],
                "set": self.of_rule,
                "train_count": first["count"],
                "train_support": first["support"],
                "train_confidence": first["confidence"],
                "train_lift": first["lift"],
                "confidence": second["confidence"],
                "lift": second["lift"],
                "leverage": second["leverage"],
                "conviction": second["conviction"],
                "zhang": second["zhang"],
                "shorter": self._shorter(after),
            }
        )

    def _measures(self, baskets: Baskets) -> dict[str, np.ndarray]:
        """Return the measures of the rules in some baskets."""
        both = self.counts(baskets)[self.of_rule]
        x, y = (counts_of(baskets, [rule[side] for rule in self.rules]) for side in (0, 1))
        return measured(baskets.n, both, x, y) | {"count": both}

    def _shorter(self, baskets: Baskets) -> np.ndarray:
        """Return the highest confidence of the rules with one item less in the antecedent, or of no rule."""
        parts = [
            (place, tuple(i for i in x if i != left), y)
            for place, (x, y) in enumerate(self.rules)
            for left in x
        ]
        above = counts_of(baskets, [tuple(sorted((*part, *y))) for _, part, y in parts])
        below = counts_of(baskets, [part for _, part, _ in parts])
        best = np.zeros(len(self.rules))
        rate = np.divide(above, below, out=np.zeros(len(parts)), where=below > 0)
        np.maximum.at(best, np.array([place for place, *_ in parts], dtype=int), rate)
        return best


def counts_of(baskets: Baskets, itemsets: list[tuple[int, ...]]) -> np.ndarray:
    """Return how many baskets hold each itemset; the empty one all do."""
    found = np.full(len(itemsets), baskets.n, dtype=np.int64)
    lengths = np.array([len(s) for s in itemsets], dtype=int)
    for length in np.unique(lengths[lengths > 0]):
        at = np.flatnonzero(lengths == length)
        found[at] = counting.counted(baskets, [np.array([itemsets[i] for i in at])])[0]
    return found


def mined(baskets: Baskets, *, support: float, longest: int) -> Mined:
    """Return the rules that baskets propose: frequent, raw lift above 1, none redundant, one consequent."""
    named: list[tuple[tuple[int, ...], tuple[int, ...]]] = []
    for some in _proposed(baskets, support, longest):
        sides = (some.antecedent.tolist(), some.consequent.tolist())
        named += [(tuple(x), tuple(y)) for x, y in zip(*sides, strict=True)]
    sets = [tuple(sorted((*x, *y))) for x, y in named]
    each = sorted(set(sets), key=lambda s: (len(s), s))
    place = {s: i for i, s in enumerate(each)}
    return Mined(named, each, np.array([place[s] for s in sets], dtype=int))


def _proposed(baskets: Baskets, support: float, longest: int) -> list[Rules]:
    """Return the rules as arrays."""
    share = max(support, FEWEST / max(1, baskets.n))
    found = frequent(baskets, support=min(1.0, share), longest=longest)
    kept = [some.where(some.both * some.n > some.first * some.second) for some in rules(found)]
    return [some.where(improving(found, some)) for some in kept]


def shuffled_counts(baskets: Baskets, *, support: float, longest: int, seed: int) -> float:
    """Return the mean number of rules that shuffled baskets propose."""
    shuffled = swaps.worlds(baskets, SHUFFLED, seed=seed)
    return float(np.mean([sum(map(len, _proposed(world, support, longest))) for world in shuffled]))
