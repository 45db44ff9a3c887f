"""User neighbours: what the customers bought who have bought most of the same."""

from __future__ import annotations

from typing import Annotated

import numpy as np

from crmlab.declare.method import method
from crmlab.declare.parameters import Range
from crmlab.maths.next_basket.customer_models import asymmetric_cosines, persons, same_person
from crmlab.maths.next_basket.purchases import Purchases
from crmlab.maths.next_basket.ranking import nearest
from crmlab.methods.recommendation._recommender import Recommender, dense


@method(label="User neighbours", cite="Resnick et al. 1994; Herlocker et al. 1999")
def user_knn(neighbours: Annotated[int, Range(1)] = 100):
    """Return an unfitted model. neighbours: of each customer."""
    return UserNeighbours(neighbours)


class UserNeighbours(Recommender):
    """Scores an item by the sum of the cosines of the nearest other customers who bought it."""

    def __init__(self, neighbours: int):
        self.neighbours = neighbours

    def learn(self, purchases: Purchases) -> None:
        """Keep who bought what."""
        self.bought_, self.persons_ = purchases.bought, persons(purchases.customers)

    def scores(self, purchases: Purchases) -> np.ndarray:
        """Return sums of cosines, (n, m)."""
        barred = same_person(purchases.customers, self.persons_)
        near = asymmetric_cosines(purchases.bought, self.bought_, barred, asymmetry=0.5)
        return dense(nearest(near, self.neighbours) @ self.bought_)
