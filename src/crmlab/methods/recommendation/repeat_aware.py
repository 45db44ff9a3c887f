"""Repeat-aware blend: habits and new items in one list, each by how much of a basket its like is.

Personal frequency knows what is bought again and nothing else; a collaborative method ranks what is new.
Which share of a basket the r-th item of either list is, for customers with few and with many baskets, is
measured on the last basket of the train customers, from what came before it; the list then takes, place by
place, the item that promises more. What ranks new items, EASE or popularity, is chosen on the same baskets.
Repeats are told apart by their rank alone: where buying again follows popularity and not habit, it is a loss.
"""

from __future__ import annotations

from typing import Annotated, Final

import numpy as np
from sklearn.isotonic import isotonic_regression

from crmlab.declare.method import method
from crmlab.declare.parameters import Range
from crmlab.maths.next_basket.purchases import Purchases
from crmlab.maths.next_basket.ranking import top
from crmlab.methods.recommendation._ease import Ease
from crmlab.methods.recommendation._recommender import Recommender, only_new

RANKS: Final = 50
"""So many places of each list have a rate; beyond them the last one holds."""

EDGES: Final = (2, 5)
"""From so many baskets on a customer belongs to the next band, each with rates of its own."""

JUDGED: Final = 10
"""So many places of the list of new items choose between what may rank them."""

REPEATS: Final = "repeats"

CUSTOMERS: Final = 500
"""So many customers are ranked at once."""


@method(label="Repeat-aware blend", cite="Ren et al. 2019; Li et al. 2023")
def repeat_aware(
    decay: Annotated[float, Range(above=0, high=1)] = 0.95,
    ridge: Annotated[float, Range(above=0)] = 200.0,
    max_items: Annotated[int, Range(1)] = 3000,
):
    """Return an unfitted model. decay: of the customer's purchases. ridge, max_items: of EASE."""
    return RepeatAware(decay, ridge, max_items)


class RepeatAware(Recommender):
    """Scores an item by the rate at which items of its rank, among repeats or among new ones, are bought."""

    def __init__(self, decay: float, ridge: float, max_items: int):
        self.decay, self.ridge, self.max_items = decay, ridge, max_items

    def learn(self, purchases: Purchases) -> None:
        """Measure the rates on each customer's last basket, then learn the new items from all baskets."""
        earlier, truth = purchases.without_last(), purchases.last()
        sources = self._sources(earlier)
        shape = (len(EDGES) + 1, RANKS)
        tried, hits = ({name: np.zeros(shape) for name in (REPEATS, *sources)} for _ in range(2))
        asked = np.flatnonzero(earlier.baskets > 0)
        for start in range(0, len(asked), CUSTOMERS):
            part = asked[start : start + CUSTOMERS]
            bought, before = truth[part].toarray(), earlier.of(earlier.customers[part])
            bought /= np.maximum(bought.sum(axis=1), 1)[:, None]  # a hit counts by its share of the basket
            band = np.digitize(before.baskets, EDGES)
            scores = {REPEATS: self._repeats(before)} | {n: s.scores(before) for n, s in sources.items()}
            for name, values in scores.items():
                listed = top(values, self.popularity_, RANKS)
                found = np.take_along_axis(bought, np.maximum(listed, 0), axis=1)
                np.add.at(tried[name], band, listed >= 0)
                np.add.at(hits[name], band, found * (listed >= 0))
        self.source_ = max(sources, key=lambda name: hits[name][:, :JUDGED].sum())
        chosen = (REPEATS, self.source_)
        self.rates_ = np.array([[*map(_falling, hits[name], tried[name])] for name in chosen])
        self.new_ = self._sources(purchases)[self.source_]
        self.details_ = {"new_items_by": self.source_}

    def _sources(self, purchases: Purchases) -> dict[str, Recommender]:
        """Return what may rank new items, fitted."""
        ease, popular = Ease(self.ridge, self.max_items, "new"), PopularNew()
        return {"EASE": ease.fit(purchases), "popularity": popular.fit(purchases)}

    def _repeats(self, purchases: Purchases) -> np.ndarray:
        """Return decayed counts of what was bought before, (n, m), -inf for what was not."""
        again = purchases.summed(self.decay**purchases.age).toarray()
        return np.where(again > 0, again, -np.inf)

    def scores(self, purchases: Purchases) -> np.ndarray:
        """Return the rate of each item's rank on its list, (n, m), in the order of the list."""
        scores = np.full((purchases.n, purchases.m), -np.inf)
        both = (self._repeats(purchases), self.new_.scores(purchases))
        band = np.digitize(purchases.baskets, EDGES)
        for rates, values in zip(self.rates_, both, strict=True):
            listed = top(values, self.popularity_, RANKS)
            # ranks of one rate keep their order
            steps = rates - 1e-9 * np.arange(RANKS)
            row, place = np.nonzero(listed >= 0)
            scores[row, listed[row, place]] = steps[band[row], place]
        return scores


class PopularNew(Recommender):
    """Scores what the customer never bought by its popularity."""

    def scores(self, purchases: Purchases) -> np.ndarray:
        """Return counts of baskets, (n, m), -inf for what the customer bought before."""
        return only_new(np.tile(self.popularity_, (purchases.n, 1)), purchases)


def _falling(hits: np.ndarray, tried: np.ndarray) -> np.ndarray:
    """Return the rate at each rank, (RANKS,), which never rises with the rank; 0 where none was tried."""
    rate = np.divide(hits, tried, out=np.zeros(len(hits)), where=tried > 0)
    return isotonic_regression(rate, sample_weight=np.maximum(tried, 1e-9), increasing=False)
