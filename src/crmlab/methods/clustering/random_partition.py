"""A random partition into groups of about equal size: segments without meaning."""

from __future__ import annotations

from typing import Annotated

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, ClusterMixin

from crmlab.declare.method import method
from crmlab.declare.parameters import Range


@method(label="Random partition", control="chance")
def random_partition(k: Annotated[int, Range(1)] = 5, seed: int = 0):
    """k: groups."""
    return RandomPartition(k, seed)


class RandomPartition(ClusterMixin, BaseEstimator):
    """Answers with a hash of the row's values and the seed, modulo k.

    So the answer does not depend on the other rows or on their order, and another seed gives
    another, independent partition. Rows with the same values share a group.
    """

    def __init__(self, k: int, seed: int):
        self.k = k
        self.seed = seed

    def fit(self, X: pd.DataFrame, y: object = None) -> RandomPartition:
        """Learn nothing."""
        return self

    def predict(self, X: pd.DataFrame) -> np.ndarray:
        """Return groups 0 to k - 1, shape (m,)."""
        seeded = X.assign(**{"(seed)": self.seed})
        hashed = pd.util.hash_pandas_object(seeded, index=False).to_numpy()
        return (hashed % np.uint64(self.k)).astype(np.int64)
