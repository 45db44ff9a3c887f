"""UP-CF: what customers like this one buy often and lately, the customer herself the nearest of them."""

from __future__ import annotations

from typing import Annotated

import numpy as np

from crmlab.declare.method import method
from crmlab.declare.parameters import Range
from crmlab.maths.next_basket.customer_models import (
    asymmetric_cosines,
    persons,
    recent_shares,
    same_person,
)
from crmlab.maths.next_basket.purchases import Purchases
from crmlab.methods.recommendation._recommender import Recommender, dense


@method(label="UP-CF", cite="Faggioli, Polato and Aiolli 2020")
def up_cf(
    recent: Annotated[int | None, Range(1)] = None,
    asymmetry: Annotated[float, Range(0, 1)] = 0.75,
    locality: Annotated[float, Range(above=0)] = 10.0,
):
    """Return an unfitted model.

    recent: so many of each customer's latest baskets count (None: all). asymmetry: of the cosine. locality:
    the power by which near customers count for more.
    """
    return UserPopularity(recent, asymmetry, locality)


class UserPopularity(Recommender):
    """Scores an item by the sum, over customers, of similarity^locality times the share of their baskets."""

    def __init__(self, recent: int | None, asymmetry: float, locality: float):
        self.recent, self.asymmetry, self.locality = recent, asymmetry, locality

    def learn(self, purchases: Purchases) -> None:
        """Keep who bought what, and in which share of the latest baskets."""
        self.bought_, self.persons_ = purchases.bought, persons(purchases.customers)
        self.shares_ = recent_shares(purchases, recent=self.recent)

    def scores(self, purchases: Purchases) -> np.ndarray:
        """Return the scores, (n, m); the customer's own shares count with a similarity of 1."""
        barred = same_person(purchases.customers, self.persons_)
        near = asymmetric_cosines(purchases.bought, self.bought_, barred, asymmetry=self.asymmetry)
        others = dense(near.power(self.locality) @ self.shares_)
        return others + recent_shares(purchases, recent=self.recent).toarray()
