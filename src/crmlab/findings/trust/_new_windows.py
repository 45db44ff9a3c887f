"""A test window of new products: who is asked, what is new, what was bought of it, and how it scores."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd
from scipy import sparse

from crmlab.maths.next_basket.content import Content, likeness, profiles

PARTS: Final = {"content": (1.0, 1.0, 2.0), "words": (0.0, 0.0, 1.0), "category_price": (1.0, 1.0, 0.0)}
"""What counts in the likeness of two products: category, price, words."""


@dataclass(frozen=True)
class NewWindow:
    """One window. customers: (n,) names. new: (k,) products first sold in it. truth: (n, k) of 0 and 1.

    scores: of each method, (n, k), None where it does not apply. facts: sizes and the ceiling.
    """

    customers: np.ndarray
    new: np.ndarray
    truth: np.ndarray
    scores: dict[str, np.ndarray | None]
    facts: dict[str, Any]


def window_of(lines: pd.DataFrame, products: pd.DataFrame, cutoff: pd.Timestamp, days: int) -> NewWindow:
    """Return the window of `days` from a cutoff on: everyone known before is asked about all that is new."""
    end = cutoff + pd.Timedelta(days=days)
    inside = lines[(lines["at"] >= cutoff) & (lines["at"] < end)]
    new = products[(products["first_sold"] >= cutoff) & (products["first_sold"] < end)]
    known = products[products["first_sold"] < cutoff]
    before = lines[(lines["at"] < cutoff) & lines["customer"].notna()]
    customers = np.array(sorted(before["customer"].unique()), dtype=np.str_)
    counts = _counts(before, customers, known["item"])
    truth = _counts(inside[inside["customer"].notna()], customers, new["item"]).toarray() > 0
    paid = inside["amount"].sum()
    mine = inside.loc[inside["item"].isin(new["item"]), "amount"].sum()
    facts = {
        "cutoff": f"{cutoff:%Y-%m-%d}",
        "products": len(new),
        "revenue_share": float(mine / paid) if paid else np.nan,
        "asked": len(customers),
        "judged": int(truth.any(axis=1).sum()),
    }
    scores: dict[str, np.ndarray | None] = {m: _content(counts, known, new, w) for m, w in PARTS.items()}
    scores |= {"favourite": _favourite(counts, known, new), "random": np.zeros(truth.shape)}
    return NewWindow(customers, new["item"].to_numpy(dtype=np.str_), truth, scores, facts)


def _counts(lines: pd.DataFrame, customers: np.ndarray, items: pd.Series) -> sparse.csr_array:
    """Return how many lines of each known customer hold each item, (n, m)."""
    row = pd.Index(customers).get_indexer(pd.Index(lines["customer"]))
    column = pd.Index(items).get_indexer(pd.Index(lines["item"]))
    kept = (row >= 0) & (column >= 0)
    shape = (len(customers), len(items))
    return sparse.csr_array((np.ones(kept.sum()), (row[kept], column[kept])), shape=shape)


def _content(
    counts: sparse.csr_array, known: pd.DataFrame, new: pd.DataFrame, weights: tuple[float, float, float]
) -> np.ndarray:
    """Return how like each customer's purchases each new product is, (n, k)."""
    content = Content(weights).fit(known)
    return likeness(profiles(counts, content.vectors(known)), content.vectors(new))


def _favourite(counts: sparse.csr_array, known: pd.DataFrame, new: pd.DataFrame) -> np.ndarray | None:
    """Return 1 where a new product is of the category that the customer bought most, (n, k)."""
    if known["category"].isna().all():
        return None
    code, names = pd.factorize(known["category"])
    there = code >= 0
    held = sparse.csr_array(
        (np.ones(there.sum()), (np.flatnonzero(there), code[there])), shape=(len(known), len(names))
    )
    favourite = np.asarray(names)[(counts @ held).toarray().argmax(axis=1)]
    return (favourite[:, None] == new["category"].to_numpy()[None, :]).astype(np.float64)
