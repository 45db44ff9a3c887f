"""What recommenders share: the items they know, and which of them may be offered."""

from __future__ import annotations

import numpy as np
from scipy import sparse

from crmlab.maths.next_basket.purchases import Purchases


class Recommender:
    """Learns from purchases and scores items for customers.

    items_: (m,) the names of the items that were bought. popularity_: (m,) baskets that hold each.
    """

    def fit(self, purchases: Purchases) -> Recommender:
        """Learn from the purchases of all customers."""
        self.items_, self.popularity_ = purchases.items, purchases.popularity
        self.learn(purchases)
        return self

    def learn(self, purchases: Purchases) -> None:
        """Learn what the method keeps beside the items; by default nothing."""

    def scores(self, purchases: Purchases) -> np.ndarray:
        """Return the score of every item for the customers of these purchases, (n, m)."""
        raise NotImplementedError


def only_new(scores: np.ndarray, purchases: Purchases) -> np.ndarray:
    """Return the scores, (n, m), with those of items that the customer has bought before barred."""
    scores[purchases.counts.nonzero()] = -np.inf
    return scores


def dense(scores: sparse.csr_array | np.ndarray) -> np.ndarray:
    """Return scores as an array."""
    return scores.toarray() if sparse.issparse(scores) else np.asarray(scores)
