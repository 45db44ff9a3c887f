"""Popularity: the same list for everyone, the items that most baskets hold."""

from __future__ import annotations

import numpy as np

from crmlab.declare.method import method
from crmlab.maths.next_basket.purchases import Purchases
from crmlab.methods.recommendation._recommender import Recommender
from crmlab.vocabulary import CHANCE


@method(label="Popularity (the same for all)", cite="Cremonesi, Koren and Turrin 2010", control=CHANCE)
def popularity():
    """Return an unfitted model."""
    return Popularity()


class Popularity(Recommender):
    """Scores an item by the share of baskets that hold it."""

    def learn(self, purchases: Purchases) -> None:
        """Count baskets."""
        self.share_ = self.popularity_ / max(len(np.unique(purchases.basket)), 1)

    def scores(self, purchases: Purchases) -> np.ndarray:
        """Return the same scores for every customer, (n, m)."""
        return np.tile(self.share_, (purchases.n, 1))
