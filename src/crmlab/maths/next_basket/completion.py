"""Completion of a basket: what goes with what is in it, beyond what baskets of that size hold by chance."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from crmlab.maths.next_basket.purchases import Purchases


@dataclass
class Together:
    """Which items stand in one basket more often than by chance, (m, m), in CSR.

    confidence: share of the baskets with the row's item that hold the column's. lift: how many times as often
    as by chance both stand in one basket, where chance keeps how often each item is bought and how large
    baskets are: c_i c_j Σ s(s - 1) / (Σ s)² baskets are expected of items in c_i and c_j of the baskets of
    sizes s. The raw lift, which takes all baskets for equally large, is above 1 for independent rare items
    (docs/associations.md).
    """

    confidence: sparse.csr_array
    lift: sparse.csr_array

    def of(self, item: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return the items that go with one, their lifts and confidences, the surest first.

        Sureness: confidence above chance in standard deviations of a count, (n - e) / √e.
        """
        start, end = self.lift.indptr[item : item + 2]
        others, lift = self.lift.indices[start:end], self.lift.data[start:end]
        confidence = self.confidence.data[start:end]
        # n - e over √e, but for the factor √n of the item, which all share
        sure = (1 - 1 / lift) * np.sqrt(confidence * lift)
        order = np.argsort(-sure, kind="stable")
        return others[order], lift[order], confidence[order]

    def completed(self, basket: np.ndarray) -> np.ndarray:
        """Return how likely each item completes a basket, (m,): one or other of its items brings it.

        basket: numbers of items. 1 - Π (1 - confidence), as if they brought it apart from one another; 0 for
        what is in the basket.
        """
        spared = np.ones(self.confidence.shape[1])
        for item in basket:
            start, end = self.confidence.indptr[item : item + 2]
            spared[self.confidence.indices[start:end]] *= 1 - self.confidence.data[start:end]
        spared[basket] = 1.0
        return 1 - spared

    def best_of(self, basket: np.ndarray, item: int) -> tuple[int, float] | None:
        """Return which item of a basket goes best with an item, and its lift; None where none does."""
        best = None
        for one in basket:
            start, end = self.lift.indptr[one : one + 2]
            at = start + np.searchsorted(self.lift.indices[start:end], item)
            if at < end and self.lift.indices[at] == item and (best is None or self.lift.data[at] > best[1]):
                best = int(one), float(self.lift.data[at])
        return best


def together(purchases: Purchases, *, least: int = 5) -> Together:
    """Return which items of everybody's purchases stand in one basket. least: baskets that hold both."""
    held = purchases.held
    size, alone = held.sum(axis=1), purchases.popularity
    pairs, whole = float((size * (size - 1)).sum()), float(size.sum())
    both = (held.T @ held).tocoo()
    i, j = both.coords
    expected = alone[i] * alone[j] * pairs / max(whole, 1.0) ** 2
    kept = (i != j) & (both.data >= least) & (both.data > expected)
    count, i, j, expected = both.data[kept], i[kept], j[kept], expected[kept]
    made = [
        sparse.csr_array((values, (i, j)), shape=both.shape)
        for values in (count / alone[i], count / expected)
    ]
    for matrix in made:
        matrix.sort_indices()
    return Together(*made)
