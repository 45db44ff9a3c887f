"""EASE on the most popular items, which two methods use."""

from __future__ import annotations

import numpy as np

from crmlab.maths.next_basket import item_models
from crmlab.maths.next_basket.purchases import Purchases
from crmlab.methods.recommendation._recommender import Recommender, dense, only_new


class Ease(Recommender):
    """Scores an item by a linear model of what else the customer bought, in closed form."""

    def __init__(self, ridge: float, max_items: int, offers: str):
        self.ridge, self.max_items, self.offers = ridge, max_items, offers

    def learn(self, purchases: Purchases) -> None:
        """Solve for the weights between the items that most customers bought."""
        order = np.argsort(-purchases.buyers, kind="stable")[: self.max_items]
        self.known_ = np.sort(order)
        self.weights_ = item_models.ease(purchases.bought[:, self.known_], ridge=self.ridge)

    def scores(self, purchases: Purchases) -> np.ndarray:
        """Return the model's values, (n, m); 0 for items beyond the most popular ones."""
        scores = np.zeros((purchases.n, purchases.m))
        scores[:, self.known_] = dense(purchases.bought[:, self.known_] @ self.weights_)
        return only_new(scores, purchases) if self.offers == "new" else scores
