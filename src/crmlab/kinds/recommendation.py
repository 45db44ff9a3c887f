"""Recommendation: `fit(purchases)` and `scores(purchases)`; the answer is a ranked list for every customer.

A method learns from the purchases of all customers before the cutoff, and scores every item that was bought
for the customers asked about, given their purchases: `scores` returns (n, m), -inf for an item that is not to
be offered. The list holds the items of highest score; equal scores are ordered by popularity (`popularity_`:
baskets that hold the item) and then by name, so that a method without an opinion offers what is popular.

The answer holds the COUNT best items in order (`offered`, one text), with their scores
(`score_1`, ...; 0 where there is none) and, for measures of lists, the share of customers who had bought each
(`buyers_1`, ...) and how many items had been bought by anybody (`assortment`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

import numpy as np
import pandas as pd

from crmlab.errors import NotApplicable
from crmlab.kinds import Context
from crmlab.maths.next_basket.purchases import Purchases, purchases_of
from crmlab.maths.next_basket.ranking import top
from crmlab.maths.next_basket.texts import BETWEEN

COUNT: Final = 20
"""Length of a list."""
OFFERED: Final = "offered"
SCORES: Final = tuple(f"score_{rank}" for rank in range(1, COUNT + 1))
BUYERS: Final = tuple(f"buyers_{rank}" for rank in range(1, COUNT + 1))
ASSORTMENT: Final = "assortment"
TARGET = ()
ANSWER = (OFFERED, *SCORES)
HISTORY = True

CELLS: Final = 4_000_000
"""Scores (customers x items) that are held at once: some 32 MB."""


def columns(roles: Mapping[str, str]) -> list[str]:
    """Whose row it is: what customers bought stands in the history."""
    return ["customer"]


def fit(make: Callable[[int], Any], rows: pd.DataFrame, outcomes: Any, context: Context) -> Any:
    """Fit on all purchases before the cutoff. Raises NotApplicable where there is none."""
    if context.history is None or not len(context.history):
        raise NotApplicable("no purchases of known customers with products before the cutoff")
    return make(context.seed).fit(purchases_of(context.history))


def answer(model: Any, rows: pd.DataFrame, context: Context) -> pd.DataFrame:
    """Return each customer's list with scores, and what was known of its items."""
    purchases = purchases_of(context.history, items=model.items_)
    asked = rows["customer"].to_numpy(dtype=np.str_)
    parts = [_listed(model, part) for part in _parts(purchases, asked)]
    chosen, scores = (np.concatenate(arrays) for arrays in zip(*parts, strict=True))
    share = np.append(purchases.buyers / max(purchases.n, 1), 0.0)
    names = model.items_.astype(object)
    offered = pd.array([BETWEEN.join(names[row[row >= 0]]) for row in chosen], dtype="str")
    further = pd.DataFrame(np.hstack([scores, share[chosen]]), columns=[*SCORES, *BUYERS])
    further.insert(0, OFFERED, offered)
    further[ASSORTMENT] = float((purchases.buyers > 0).sum())
    return further


def _parts(purchases: Purchases, asked: np.ndarray) -> Iterator[Purchases]:
    """Yield the purchases of the customers asked about, as many customers at once as fit into CELLS."""
    step = max(1, CELLS // max(1, purchases.m))
    for start in range(0, max(len(asked), 1), step):
        yield purchases.of(asked[start : start + step])


def _listed(model: Any, purchases: Purchases) -> tuple[np.ndarray, np.ndarray]:
    """Return the numbers of the items of each list, (n, COUNT), -1 for none, and their scores, 0 for none."""
    scores = np.asarray(model.scores(purchases), dtype=np.float64)
    chosen = top(scores, model.popularity_, COUNT)
    given = np.take_along_axis(scores, np.maximum(chosen, 0), axis=1) if scores.size else chosen * 0.0
    return chosen, np.where(chosen >= 0, given, 0.0)
