"""Implicit ALS: factors of customers and items such that their product says who buys what."""

from __future__ import annotations

from typing import Annotated

import numpy as np
from scipy import sparse

from crmlab.declare.method import method
from crmlab.declare.parameters import Choices, Range
from crmlab.errors import NotApplicable
from crmlab.maths.next_basket.factor_models import customer_factors
from crmlab.maths.next_basket.purchases import Purchases
from crmlab.methods.recommendation._recommender import Recommender, only_new


@method(label="Implicit ALS", cite="Hu, Koren and Volinsky 2008; Frederickson 2016 (implicit)")
def als(
    factors: Annotated[int, Range(1)] = 32,
    ridge: Annotated[float, Range(above=0)] = 10.0,
    confidence: Annotated[float, Range(above=0)] = 5.0,
    iterations: Annotated[int, Range(1)] = 15,
    offers: Annotated[str, Choices("all", "new")] = "all",
    seed: int = 0,
):
    """Return an unfitted model.

    factors: of each customer and item. ridge: the penalty on them. confidence: what a basket that holds the
    item adds to the weight of having bought it, that of not having bought being 1. iterations: over customers
    and items in turn. offers: all items, or those that the customer never bought before.
    """
    return ImplicitALS(factors, ridge, confidence, iterations, offers, seed)


class ImplicitALS(Recommender):
    """Scores an item by the product of its factors and the customer's."""

    def __init__(
        self, factors: int, ridge: float, confidence: float, iterations: int, offers: str, seed: int
    ):
        self.factors, self.ridge, self.confidence = factors, ridge, confidence
        self.iterations, self.offers, self.seed = iterations, offers, seed

    def learn(self, purchases: Purchases) -> None:
        """Fit the factors of the items. Raises NotApplicable where the library is not installed."""
        try:
            from implicit.cpu.als import AlternatingLeastSquares
        except ModuleNotFoundError:
            raise NotApplicable("needs the package implicit: pip install 'crmlab[factors]'") from None
        from threadpoolctl import threadpool_limits

        model = AlternatingLeastSquares(
            factors=self.factors,
            regularization=self.ridge,
            iterations=self.iterations,
            dtype=np.float64,
            use_cg=False,
            num_threads=1,
            random_state=self.seed % 2**32,
        )
        with threadpool_limits(1, "blas"):
            model.fit(sparse.csr_matrix(self._weighed(purchases)), show_progress=False)
        self.item_factors_ = np.array(model.item_factors, dtype=np.float64)

    def scores(self, purchases: Purchases) -> np.ndarray:
        """Return products of factors, (n, m); the customer's are those that fit her purchases best."""
        mine = customer_factors(self._weighed(purchases), self.item_factors_, ridge=self.ridge)
        # one by one: a product of matrices may round by how many customers are asked about
        scores = np.array([self.item_factors_ @ row for row in mine]).reshape(purchases.n, purchases.m)
        return only_new(scores, purchases) if self.offers == "new" else scores

    def _weighed(self, purchases: Purchases) -> sparse.csr_array:
        """Return the confidence in what each customer bought, (n, m)."""
        weights = purchases.counts.copy()
        weights.data = 1 + self.confidence * weights.data
        return weights
