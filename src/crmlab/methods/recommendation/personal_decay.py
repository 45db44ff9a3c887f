"""Personal frequency with decay: what the customer bought counts less with every basket since."""

from __future__ import annotations

from typing import Annotated

import numpy as np

from crmlab.declare.method import method
from crmlab.declare.parameters import Range
from crmlab.maths.next_basket.purchases import Purchases
from crmlab.methods.recommendation._recommender import Recommender


@method(label="Personal frequency with decay", cite="Hu, He, Gao and Zhang 2020")
def personal_decay(decay: Annotated[float, Range(above=0, high=1)] = 0.95):
    """Return an unfitted model. decay: what a purchase still counts for one basket later."""
    return PersonalDecay(decay)


class PersonalDecay(Recommender):
    """Scores an item by the sum of decay^(baskets since) over the customer's baskets that hold it."""

    def __init__(self, decay: float):
        self.decay = decay

    def scores(self, purchases: Purchases) -> np.ndarray:
        """Return decayed counts, (n, m)."""
        return purchases.summed(self.decay**purchases.age).toarray()
