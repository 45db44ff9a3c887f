"""Niches: tastes that customers share, who belongs to them, and what their members buy next."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd
from scipy import sparse

from crmlab.errors import NotApplicable
from crmlab.explain.basket_coding import coded, halves
from crmlab.findings.associations._niche_pairs import members, telling
from crmlab.findings.associations.segment_products import table_of
from crmlab.maths.mining import topics
from crmlab.seeds import generator, seed_of

NUMBERS: Final = (1, 2, 3, 4, 6, 8)
NAMED: Final = 3
"""So many products name a niche: those bought most by its members, beside what all buy."""

OFFERED: Final = 10
LEVEL: Final = 0.95
REPLICATES: Final = 500
ITEMS: Final = 3
"""A customer of whom a niche is to be known bought so many products or more."""


@dataclass(frozen=True)
class Niches:
    """Niches of a first window, judged in the next.

    table: a row per niche, largest first: `niche` (its name), `members`, `products` (its next products: those
    of its profile, most over popularity first), `recall` (of what its members first buy in the next window,
    the share that is among the OFFERED products of the niche that they had not bought), `recall_lower,
    recall_upper` (customers resampled), `recall_others` (the same products for customers of other niches),
    `recall_popular` (the OFFERED most popular products, for the members). numbers: `topics, score,
    standard_error` of each number of topics tried. pairs: `first, second, niche, p, lower, upper, buyers`:
    who bought both belongs to the niche with probability p, by what else they bought.
    """

    first: str
    second: str
    customers: int
    left_out: int
    table: pd.DataFrame
    numbers: pd.DataFrame
    pairs: pd.DataFrame

    @property
    def sentences(self) -> tuple[str, ...]:
        """Say how many niches there are, who belongs to them, and whether they foretell purchases."""
        return (self._of_number(), *self._of_pairs(), *self._of_recall())

    def head(self) -> pd.DataFrame:
        """Return the table for readers."""
        rows = list(self.table.itertuples())
        shown = {
            "Members": [f"{r.members:,}" for r in rows],
            "Next products": [", ".join(r.products[:NAMED]) for r in rows],
            "Recall, members": [_share(r.recall) for r in rows],
            "Recall, others": [_share(r.recall_others) for r in rows],
            "Recall of the popular": [_share(r.recall_popular) for r in rows],
        }
        return pd.DataFrame(shown, index=pd.Index([r.niche for r in rows], name="Niche", dtype="str"))

    def _of_number(self) -> str:
        """Say how many niches there are and how that was decided."""
        how = (
            "by completion: half of the products of held-out customers foretells the other half best with "
            f"{len(self.table)} of {', '.join(map(str, self.numbers['topics']))}"
        )
        left = f" {self.left_out} sensitive products make and name no niche." if self.left_out else ""
        if len(self.table) == 1:
            return f"{self.customers:,} customers of {self.first} are of one taste ({how}): no niches.{left}"
        return f"{self.customers:,} customers of {self.first} have {len(self.table)} niches ({how}).{left}"

    def _of_pairs(self) -> list[str]:
        """Say what two products tell most surely, of each niche."""
        best = self.pairs.sort_values("lower", ascending=False, kind="stable").drop_duplicates("niche")
        return [
            f"Who bought {r.first} and {r.second} belongs to niche {r.niche} with probability {r.p:.2f} "
            f"({LEVEL:.0%} interval {r.lower:.2f} to {r.upper:.2f}, {r.buyers:,} customers); its next "
            f"products are {', '.join(self._next(r.niche))}."
            for r in best.head(NAMED).itertuples()
        ]

    def _next(self, niche: str) -> list[str]:
        """Return the first next products of a niche."""
        return self.table.loc[self.table["niche"] == niche, "products"].iloc[0][:NAMED]

    def _of_recall(self) -> list[str]:
        """Say whether the niches foretell what members first buy."""
        judged = self.table[self.table["recall"].notna()]
        if len(self.table) < 2 or judged.empty:
            return []
        better = judged[judged["recall_lower"] > judged["recall_others"]]
        beats = judged[judged["recall_lower"] > judged["recall_popular"]]
        return [
            f"In {self.second} the {OFFERED} next products of a niche recall more of what its members buy "
            f"for the first time than of what others do in {len(better)} of {len(judged)} niches, and more "
            f"than the {OFFERED} most popular products would in {len(beats)}: the interval lies above."
        ]


def find(
    lines: pd.DataFrame,
    *,
    until: str | dt.date | None = None,
    numbers: Sequence[int] = NUMBERS,
    sensitive: Collection[str] = (),
    seed: int = 0,
) -> Niches:
    """Return the niches of a shop's customers, and whether they foretell what members buy next.

    lines: `customer, basket, at, item`, as `history.dated_baskets` gives them. until: the day on which the
    next window begins, half of the baskets where None. numbers: of topics that are tried (see
    `maths.mining.topics`). sensitive: products of which no niche is made and after which none is named. Who
    belongs to a niche follows from the window before alone. Raises NotApplicable without customers or dates,
    and where too few bought ITEMS products.
    """
    if "customer" not in lines or "at" not in lines:
        raise NotApplicable("without customers and dates there is nobody to belong to a niche")
    lines = lines[lines["customer"].notna()]
    known = lines[~lines["item"].isin(list(sensitive))]
    before, after = halves(coded(known), until)
    cut = after.at[0]
    held, people, items = table_of(known[known["at"] < cut])
    often = np.asarray(held.sum(axis=1)).ravel() >= ITEMS
    if often.sum() < 10 * topics.FOLDS:
        raise NotApplicable(f"fewer than {10 * topics.FOLDS} customers bought {ITEMS} products or more")
    held, people = held[often], people[often]
    best, tried = topics.number(held, numbers, seed=seed_of(seed, "number"))
    found = topics.fitted(held, best, seed=seed_of(seed, "topics"))
    niche = members(found.weight)
    popular = np.asarray(held.sum(axis=0)).ravel()
    ranked = np.argsort(-found.profile * np.log((found.profile + 1e-12) / (popular / popular.sum())), axis=1)
    if best == 1:
        ranked = np.argsort(-popular, kind="stable")[None, :]
    names = [", ".join(items[row[:NAMED]]) for row in ranked]
    bought = _next_bought(known[known["at"] >= cut], people, items)
    table = _table(held, bought, niche, ranked, popular, seed)
    table.insert(0, "niche", names)
    table.insert(2, "products", [items[row[:OFFERED]].tolist() for row in ranked])
    table = table.sort_values("members", ascending=False, kind="stable", ignore_index=True)
    return Niches(
        first=before.span(),
        second=after.span(),
        customers=len(people),
        left_out=int(lines.loc[lines["item"].isin(list(sensitive)), "item"].nunique()),
        table=table,
        numbers=pd.DataFrame(tried, columns=["topics", "score", "standard_error"]),
        pairs=telling(held, found.profile, ranked, names, items),
    )


def _next_bought(lines: pd.DataFrame, people: np.ndarray, items: np.ndarray) -> sparse.csr_matrix:
    """Return what known customers bought of known products, (n, m)."""
    some = lines[lines["customer"].isin(people) & lines["item"].isin(items)].drop_duplicates(
        ["customer", "item"]
    )
    place = np.searchsorted(people, some["customer"].to_numpy(dtype=object))
    column = np.searchsorted(items, some["item"].to_numpy(dtype=object))
    return sparse.csr_matrix((np.ones(len(some)), (place, column)), (len(people), len(items)))


def _table(
    held: sparse.csr_matrix,
    bought: sparse.csr_matrix,
    niche: np.ndarray,
    ranked: np.ndarray,
    popular: np.ndarray,
    seed: int,
) -> pd.DataFrame:
    """Return members and recalls of each niche."""
    first = bought.toarray().astype(bool) & ~held.toarray().astype(bool)
    owned, rows = held.toarray().astype(bool), []
    favourites = np.argsort(-popular, kind="stable")
    for number, order in enumerate(ranked):
        own, others = np.flatnonzero(niche == number), np.flatnonzero((niche != number) & (niche >= 0))
        hits, wanted = _hits(first[own], owned[own], order)
        lower, upper = _resampled(hits, wanted, seed_of(seed, "recall", number))
        rows.append(
            {
                "members": len(own),
                "recall": _over(hits, wanted),
                "recall_lower": lower,
                "recall_upper": upper,
                "recall_others": _over(*_hits(first[others], owned[others], order)),
                "recall_popular": _over(*_hits(first[own], owned[own], favourites)),
            }
        )
    return pd.DataFrame(rows)


def _hits(first: np.ndarray, owned: np.ndarray, order: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return per customer how many first purchases the OFFERED new products hold, and how many there are."""
    new = ~owned[:, order]
    offered = new & (np.cumsum(new, axis=1) <= OFFERED)
    return (first[:, order] & offered).sum(axis=1), first.sum(axis=1)


def _over(hits: np.ndarray, wanted: np.ndarray) -> float:
    """Return the mean recall of those who bought anything for the first time, nan of nobody."""
    some = wanted > 0
    return float((hits[some] / wanted[some]).mean()) if some.any() else float("nan")


def _resampled(hits: np.ndarray, wanted: np.ndarray, seed: int) -> tuple[float, float]:
    """Return the interval of the mean recall, customers drawn with replacement."""
    some = wanted > 0
    if not some.any():
        return float("nan"), float("nan")
    recall = hits[some] / wanted[some]
    drawn = generator(seed, "drawn").integers(0, len(recall), (REPLICATES, len(recall)))
    lower, upper = np.quantile(recall[drawn].mean(axis=1), [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return float(lower), float(upper)


def _share(value: Any) -> str:
    """Return a share as text, nothing where there is none."""
    return "" if pd.isna(value) else f"{value:.1%}"
