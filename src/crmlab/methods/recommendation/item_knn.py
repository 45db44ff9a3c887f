"""Item neighbours: items that were bought by the same customers as what this customer bought."""

from __future__ import annotations

from typing import Annotated

import numpy as np

from crmlab.declare.method import method
from crmlab.declare.parameters import Choices, Range
from crmlab.maths.next_basket.item_models import cosines
from crmlab.maths.next_basket.purchases import Purchases
from crmlab.methods.recommendation._recommender import Recommender, dense, only_new


@method(label="Item neighbours", cite="Sarwar et al. 2001; Deshpande and Karypis 2004")
def item_knn(
    neighbours: Annotated[int, Range(1)] = 100, offers: Annotated[str, Choices("all", "new")] = "all"
):
    """Return an unfitted model. neighbours: of each item. offers: all items, or those never bought before."""
    return ItemNeighbours(neighbours, offers)


class ItemNeighbours(Recommender):
    """Scores an item by the sum of its cosines to what the customer bought."""

    def __init__(self, neighbours: int, offers: str):
        self.neighbours, self.offers = neighbours, offers

    def learn(self, purchases: Purchases) -> None:
        """Find each item's nearest items by who bought them."""
        self.cosines_ = cosines(purchases.bought, neighbours=self.neighbours)

    def scores(self, purchases: Purchases) -> np.ndarray:
        """Return sums of cosines, (n, m)."""
        scores = dense(purchases.bought @ self.cosines_)
        return only_new(scores, purchases) if self.offers == "new" else scores
