"""Random items: every item that was ever bought, in an order drawn for each customer."""

from __future__ import annotations

import numpy as np

from crmlab.declare.method import method
from crmlab.maths.next_basket.purchases import Purchases
from crmlab.methods.recommendation._recommender import Recommender
from crmlab.seeds import generator
from crmlab.vocabulary import CHANCE


@method(label="Random items", control=CHANCE)
def random_items(seed: int = 0):
    """Return an unfitted model."""
    return RandomItems(seed)


class RandomItems(Recommender):
    """Draws a score for every item and customer; the draw depends on the seed and the customer alone."""

    def __init__(self, seed: int):
        self.seed = seed

    def scores(self, purchases: Purchases) -> np.ndarray:
        """Return scores between 0 and 1, (n, m)."""
        drawn = [generator(self.seed, "items", name).random(purchases.m) for name in purchases.customers]
        return np.array(drawn).reshape(purchases.n, purchases.m)
