"""Personal frequency: what the customer has bought most often; filled up by what is popular."""

from __future__ import annotations

import numpy as np

from crmlab.declare.method import method
from crmlab.maths.next_basket.purchases import Purchases
from crmlab.methods.recommendation._recommender import Recommender
from crmlab.vocabulary import STATUS_QUO


@method(label="Personal frequency", cite="Hu, He, Gao and Zhang 2020", control=STATUS_QUO)
def personal_frequency():
    """Return an unfitted model."""
    return PersonalFrequency()


class PersonalFrequency(Recommender):
    """Scores an item by how many of the customer's baskets hold it; ties by popularity."""

    def scores(self, purchases: Purchases) -> np.ndarray:
        """Return counts of baskets, (n, m)."""
        return purchases.counts.toarray()
