"""LightGBM ranker: candidates from several sources, put in order by boosted trees.

What is proposed (habits, neighbours of what was bought, what follows the last basket, what is popular) is
ranked by what is known of customer and item. The trees learn from each customer's last basket, given what
came before it.
"""

from __future__ import annotations

from typing import Annotated, Any

import numpy as np

from crmlab.declare.method import method
from crmlab.declare.parameters import Range
from crmlab.maths.next_basket.purchases import Purchases
from crmlab.methods.recommendation._candidates import COLUMNS, Candidates
from crmlab.methods.recommendation._recommender import Recommender
from crmlab.seeds import generator


@method(label="LightGBM ranker", cite="Burges 2010; Ke et al. 2017")
def lightgbm_ranker(
    n_estimators: Annotated[int, Range(1)] = 100,
    num_leaves: Annotated[int, Range(2, 131072)] = 7,
    learning_rate: Annotated[float, Range(above=0, high=1)] = 0.05,
    min_child_samples: Annotated[int, Range(1)] = 200,
    candidates: Annotated[int, Range(1)] = 30,
    max_customers: Annotated[int, Range(1)] = 2000,
    seed: int = 0,
):
    """Return an unfitted model.

    n_estimators, num_leaves, learning_rate, min_child_samples: of the trees, small ones, as few candidates
    are bought. candidates: from each source. max_customers: so many, drawn, are learned from.
    """
    trees = {
        "num_leaves": num_leaves,
        "learning_rate": learning_rate,
        "min_child_samples": min_child_samples,
        "lambda_l2": 10.0,
    }
    return LightGBMRanker(n_estimators, trees, candidates, max_customers, seed)


class LightGBMRanker(Recommender):
    """Scores candidates by trees; what is no candidate stands below them, by popularity."""

    def __init__(self, count: int, trees: dict[str, float], candidates: int, max_customers: int, seed: int):
        self.count, self.trees = count, trees
        self.candidates, self.max_customers, self.seed = candidates, max_customers, seed

    def learn(self, purchases: Purchases) -> None:
        """Learn the order on last baskets from what came before them, then the sources from all baskets."""
        self.model_ = self._trees(purchases)
        self.sources_ = Candidates(self.candidates).fit(purchases)

    def _trees(self, purchases: Purchases) -> str | None:
        """Return the trees as text; None where no last basket holds a candidate that another one beats."""
        import lightgbm

        earlier, truth = purchases.without_last(), purchases.last()
        asked = np.flatnonzero(earlier.baskets > 0)
        if len(asked) > self.max_customers:
            drawn = generator(self.seed, "customers").choice(len(asked), self.max_customers, replace=False)
            asked = asked[np.sort(drawn)]
        if not len(asked):
            return None
        wanted = truth[asked]
        parts = list(Candidates(self.candidates).fit(earlier).of(earlier.of(earlier.customers[asked])))
        row, item, known = (np.concatenate(arrays) for arrays in zip(*parts, strict=True))
        bought = np.asarray(wanted[row, item]).ravel().astype(int)
        if not 0 < bought.sum() < len(bought):
            return None
        data = lightgbm.Dataset(
            known, bought, group=np.bincount(row, minlength=len(asked)), feature_name=list(COLUMNS)
        )
        return lightgbm.train(self._settings(), data, num_boost_round=self.count).model_to_string()

    def _settings(self) -> dict[str, Any]:
        """Return LightGBM's settings: the same trees on every machine."""
        return {
            "objective": "lambdarank",
            **self.trees,
            "lambdarank_truncation_level": 20,
            "seed": self.seed % 2**31,
            "deterministic": True,
            "force_row_wise": True,
            "num_threads": 1,
            "verbosity": -1,
        }

    def scores(self, purchases: Purchases) -> np.ndarray:
        """Return the trees' scores of candidates, (n, m); one below the lowest of them for other items."""
        scores = np.full((purchases.n, purchases.m), np.nan)
        for row, item, known in self.sources_.of(purchases):
            # without trees: by habit, then by what is alike
            given = self._predicted(known) if self.model_ else known[:, 1] + 1e-3 * known[:, 5]
            scores[row, item] = given
        lowest = np.nanmin(scores, axis=1, initial=np.inf, keepdims=True) if scores.size else 0.0
        return np.where(np.isnan(scores), np.where(np.isfinite(lowest), lowest - 1.0, 0.0), scores)

    def _predicted(self, known: np.ndarray) -> np.ndarray:
        """Return the trees' scores of candidates, (c,)."""
        if not hasattr(self, "_booster"):
            import lightgbm

            self._booster = lightgbm.Booster(model_str=self.model_)
        return self._booster.predict(known, num_threads=1)

    def __getstate__(self) -> dict[str, Any]:
        """Return what is saved: the trees as text alone."""
        return {name: value for name, value in self.__dict__.items() if name != "_booster"}
