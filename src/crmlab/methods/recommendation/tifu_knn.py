"""TIFU-kNN: the customer's item frequencies, recent ones more, and those of customers nearest by them."""

from __future__ import annotations

from typing import Annotated

import numpy as np

from crmlab.declare.method import method
from crmlab.declare.parameters import Range
from crmlab.maths.next_basket.customer_models import (
    grouped_frequencies,
    neighbour_means,
    persons,
    same_person,
)
from crmlab.maths.next_basket.purchases import Purchases
from crmlab.methods.recommendation._recommender import Recommender


@method(label="TIFU-kNN", cite="Hu, He, Gao and Zhang 2020")
def tifu_knn(
    neighbours: Annotated[int, Range(1)] = 300,
    within: Annotated[float, Range(above=0, high=1)] = 0.9,
    between: Annotated[float, Range(above=0, high=1)] = 0.6,
    own: Annotated[float, Range(0, 1)] = 0.2,
    groups: Annotated[int, Range(1)] = 3,
):
    """Return an unfitted model.

    neighbours: of each customer. within, between: decay from basket to basket of a group, and from group to
    group. own: weight of the customer's own frequencies beside the neighbours'. groups: of baskets.
    """
    return TemporalFrequencies(neighbours, within, between, own, groups)


class TemporalFrequencies(Recommender):
    """Scores an item by own × own frequency + (1 - own) × mean frequency among the nearest customers."""

    def __init__(self, neighbours: int, within: float, between: float, own: float, groups: int):
        self.neighbours, self.own = neighbours, own
        self.weighing = {"within": within, "between": between, "groups": groups}

    def learn(self, purchases: Purchases) -> None:
        """Keep everybody's frequencies."""
        self.frequencies_ = grouped_frequencies(purchases, **self.weighing)
        self.persons_ = persons(purchases.customers)

    def scores(self, purchases: Purchases) -> np.ndarray:
        """Return weighted frequencies, (n, m)."""
        mine = grouped_frequencies(purchases, **self.weighing)
        barred = same_person(purchases.customers, self.persons_)
        others = neighbour_means(mine, self.frequencies_, barred, count=self.neighbours)
        return self.own * mine.toarray() + (1 - self.own) * others
