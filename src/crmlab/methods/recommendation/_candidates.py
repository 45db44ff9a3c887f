"""Candidates of a ranker, from several sources, and what is known of each customer and item."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from crmlab.maths.next_basket.item_models import cosines, transitions
from crmlab.maths.next_basket.purchases import Purchases
from crmlab.maths.next_basket.ranking import top
from crmlab.methods.recommendation._recommender import dense

CUSTOMERS: Final = 500
"""So many customers are looked at once."""

DECAY: Final = 0.9
NEIGHBOURS: Final = 50
NEVER: Final = 1_000.0
"""Baskets since an item that the customer never bought."""

COLUMNS: Final = (
    *("count", "decayed", "share", "baskets_since", "due", "neighbours", "follows"),
    *("popularity", "bought_again", "baskets", "basket_size", "known_items"),
)
"""Of customer and item: baskets that hold it; the same, late ones more; as a share; baskets since the last;
that over her usual distance; cosines to what she bought; how often it follows her last basket. Of the item:
baskets, and the share of its buyers who bought it again. Of the customer: baskets, items in one, different
items."""


class Candidates:
    """Proposes items to customers by habit, neighbours, what follows, and popularity.

    each: how many at most from each source.
    """

    def __init__(self, each: int):
        self.each = each

    def fit(self, purchases: Purchases) -> Candidates:
        """Learn what items are alike and what follows what."""
        self.popularity_ = purchases.popularity
        self.alike_ = cosines(purchases.bought, neighbours=NEIGHBOURS)
        self.follows_ = transitions(purchases)
        buyers = np.maximum(purchases.buyers, 1)
        again = np.bincount(purchases.counts.indices[purchases.counts.data > 1], minlength=purchases.m)
        self.again_ = again / buyers
        return self

    def of(self, purchases: Purchases) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
        """Yield, some customers at a time, rows and items of candidates, (c,), and their COLUMNS."""
        for start in range(0, purchases.n, CUSTOMERS):
            part = purchases.of(purchases.customers[start : start + CUSTOMERS])
            known = self._known(part)
            mask = np.zeros((part.n, part.m), dtype=bool)
            for source in ("decayed", "neighbours", "follows"):
                values = np.where(known[source] > 0, known[source], -np.inf)
                self._mark(mask, top(values, self.popularity_, self.each))
            self._mark(mask, np.tile(np.argsort(-self.popularity_, kind="stable")[: self.each], (part.n, 1)))
            rows, items = np.nonzero(mask)
            columns = [np.broadcast_to(known[name], mask.shape)[rows, items] for name in COLUMNS]
            yield rows + start, items, np.column_stack(columns)

    def _mark(self, mask: np.ndarray, chosen: np.ndarray) -> None:
        """Mark the items of lists (n, k) as candidates; -1 is none."""
        row, place = np.nonzero(chosen >= 0)
        mask[row, chosen[row, place]] = True

    def _known(self, part: Purchases) -> dict[str, np.ndarray]:
        """Return each of COLUMNS for some customers and all items, (n, m), (n, 1) or (m,)."""
        count = part.counts.toarray()
        since = np.full(count.shape, NEVER)
        np.minimum.at(since, (part.customer, part.item), part.age)
        baskets = np.maximum(part.baskets, 1).astype(np.float64)[:, None]
        items = count.sum(axis=1, keepdims=True)
        return {
            "count": count,
            "decayed": dense(part.summed(DECAY**part.age)),
            "share": count / baskets,
            "baskets_since": since,
            "due": since * count / baskets,
            "neighbours": dense(part.bought @ self.alike_),
            "follows": dense(part.last() @ self.follows_),
            "popularity": self.popularity_,
            "bought_again": self.again_,
            "baskets": baskets,
            "basket_size": items / baskets,
            "known_items": (count > 0).sum(axis=1, keepdims=True).astype(np.float64),
        }
