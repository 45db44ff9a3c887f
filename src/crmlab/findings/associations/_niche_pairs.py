"""Which two products tell that a customer belongs to a niche."""

from __future__ import annotations

from itertools import combinations
from typing import Final

import numpy as np
import pandas as pd
from scipy import sparse

from crmlab.maths.mining import topics
from crmlab.maths.rates import wilson

MEMBER: Final = 0.5
"""A customer belongs to a niche with at least this probability, or to none."""

TOP: Final = 6
"""Pairs are of so many products of a niche."""

FEWEST: Final = 20
"""So many customers bought both."""

LEVEL: Final = 0.95
COLUMNS: Final = ("first", "second", "niche", "p", "lower", "upper", "buyers")


def members(weight: np.ndarray) -> np.ndarray:
    """Return the niche of each customer by weights (n, k), -1 where none has MEMBER of them."""
    chance = weight / np.maximum(weight.sum(axis=1, keepdims=True), topics.TINY)
    return np.where(chance.max(axis=1) >= MEMBER, chance.argmax(axis=1), -1)


def telling(
    held: sparse.csr_matrix, profile: np.ndarray, ranked: np.ndarray, names: list[str], items: np.ndarray
) -> pd.DataFrame:
    """Return COLUMNS of pairs of the first products of each niche, ranked (k, m).

    p: the share of the customers who bought both that belong to the niche by everything else they bought: the
    two products themselves have no say. Wilson intervals. Nothing for a single niche.
    """
    rows = []
    columns = held.tocsc()
    for niche, order in enumerate(ranked if len(ranked) > 1 else ranked[:0]):
        for first, second in combinations(order[:TOP].tolist(), 2):
            buyers = np.intersect1d(columns[:, [first]].indices, columns[:, [second]].indices)
            rest = np.setdiff1d(np.arange(held.shape[1]), [first, second])
            others = held[buyers][:, rest]
            others = others[np.diff(others.indptr) > 0]
            if others.shape[0] < FEWEST:
                continue
            mine = members(topics.folded(others, profile[:, rest])) == niche
            lower, upper = wilson(np.array([mine.sum()]), np.array([len(mine)]), level=LEVEL)
            ends = float(mine.mean()), float(lower[0]), float(upper[0])
            rows.append((items[first], items[second], names[niche], *ends, len(mine)))
    return pd.DataFrame(rows, columns=list(COLUMNS))
