"""Markov chain: what followed, one basket later, on the items of the last basket."""

from __future__ import annotations

import numpy as np

from crmlab.declare.method import method
from crmlab.maths.next_basket.item_models import transitions
from crmlab.maths.next_basket.purchases import Purchases
from crmlab.methods.recommendation._recommender import Recommender, dense


@method(label="Markov chain", cite="Rendle, Freudenthaler and Schmidt-Thieme 2010")
def markov():
    """Return an unfitted model."""
    return Markov()


class Markov(Recommender):
    """Scores an item by the mean, over the items of the last basket, of how often it followed on them."""

    def learn(self, purchases: Purchases) -> None:
        """Count transitions from basket to basket."""
        self.transitions_ = transitions(purchases)

    def scores(self, purchases: Purchases) -> np.ndarray:
        """Return mean transition rates, (n, m)."""
        last = purchases.last()
        size = last.sum(axis=1)
        share = np.divide(1.0, size, out=np.zeros(len(size)), where=size > 0)
        return dense(last @ self.transitions_) * share[:, None]
