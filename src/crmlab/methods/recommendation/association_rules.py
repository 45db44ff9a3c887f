"""Association rules: what baskets hold together with what the customer bought lately."""

from __future__ import annotations

from typing import Annotated

import numpy as np

from crmlab.declare.method import method
from crmlab.declare.parameters import Range
from crmlab.maths.next_basket.item_models import confidences
from crmlab.maths.next_basket.purchases import Purchases
from crmlab.methods.recommendation._recommender import Recommender


@method(label="Association rules", cite="Agrawal, Imielinski and Swami 1993; Sarwar et al. 2000")
def association_rules(least: Annotated[int, Range(1)] = 5, recent: Annotated[int, Range(1)] = 3):
    """Return an unfitted model.

    least: baskets that must hold both items of a rule. recent: so many of the customer's latest baskets give
    the left sides of rules.
    """
    return PairRules(least, recent)


class PairRules(Recommender):
    """Scores an item by the highest confidence of a rule to it from an item bought lately."""

    def __init__(self, least: int, recent: int):
        self.least, self.recent = least, recent

    def learn(self, purchases: Purchases) -> None:
        """Find the rules."""
        self.confidences_ = confidences(purchases, least=self.least)

    def scores(self, purchases: Purchases) -> np.ndarray:
        """Return the highest confidences, (n, m); 0 where no rule leads to an item."""
        lately = purchases.summed((purchases.age < self.recent).astype(np.float64))
        scores = np.zeros((purchases.n, purchases.m))
        for row in range(purchases.n):
            start, end = lately.indptr[row : row + 2]
            left = lately.indices[start:end][lately.data[start:end] > 0]
            if len(left):
                scores[row] = self.confidences_[left].max(axis=0).toarray().ravel()
        return scores
