"""Last basket: the customer buys again what the last basket held; filled up by what is popular."""

from __future__ import annotations

import numpy as np

from crmlab.declare.method import method
from crmlab.maths.next_basket.purchases import Purchases
from crmlab.methods.recommendation._recommender import Recommender


@method(label="Last basket", cite="Hu, He, Gao and Zhang 2020")
def last_basket():
    """Return an unfitted model."""
    return LastBasket()


class LastBasket(Recommender):
    """Scores 1 what the last basket held, else 0."""

    def scores(self, purchases: Purchases) -> np.ndarray:
        """Return 1 for the items of the last basket, (n, m)."""
        return purchases.last().toarray()
