"""Together or instead: which items of a customer's go into one basket, and which into different ones."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
import pandas as pd

from crmlab.errors import NotApplicable
from crmlab.explain.basket_coding import coded
from crmlab.findings.associations._limits import LIMIT, SAID, SHOWN, WORLDS
from crmlab.maths.mining import counting, swaps
from crmlab.maths.mining.significance import compared

TOGETHER: Final = "together"
INSTEAD: Final = "instead"
FEWEST: Final = 5.0
"""A pair is looked at where so many baskets are expected to hold both."""


@dataclass(frozen=True)
class TogetherOrInstead:
    """Pairs of items, by what the customers who buy both do with them.

    table: a row per pair with FEWEST baskets expected, the surest first: `one, two`, `customers` (who bought
    both, ever), `count` (baskets with both), `expected` (where each customer's items are dealt anew among her
    own baskets), `lift`, `p_more, q_more, p_less, q_less` (for all pairs at once, and each), `kind`:
    `together` (complements: more often in one basket than by her taste), `instead` (substitutes: less often),
    or nothing. pairs: how many were looked at.
    """

    baskets: int
    customers: int
    table: pd.DataFrame

    @property
    def sentences(self) -> tuple[str, ...]:
        """Say how many pairs are complements and substitutes, and the surest of each."""
        kinds = self.table["kind"].value_counts()
        more, less = (int(kinds.get(kind, 0)) for kind in (TOGETHER, INSTEAD))
        first = (
            f"Of {len(self.table):,} pairs of items that the same customers buy ({self.baskets:,} baskets of "
            f"{self.customers:,} customers), {more:,} go into one basket more often than the customers' "
            f"tastes alone would have it (complements) and {less:,} less often (substitutes), at {LIMIT:g} "
            "for all at once."
        )
        return (first, *self._said(TOGETHER), *self._said(INSTEAD))

    def _said(self, kind: str) -> list[str]:
        """Say the surest pairs of a kind."""
        word = "bought with" if kind == TOGETHER else "bought instead of"
        return [
            f"{r.one} is {word} {r.two}: {r.count:,} baskets hold both, {r.expected:,.1f} would by taste "
            f"alone ({r.customers:,} customers buy both)."
            for r in self.table[self.table["kind"] == kind].head(SAID).itertuples()
        ]

    def head(self) -> pd.DataFrame:
        """Return the table for readers: the surest pairs of both kinds."""
        rows: list[Any] = [
            r
            for kind in (TOGETHER, INSTEAD)
            for r in self.table[self.table["kind"] == kind].head(SHOWN // 2).itertuples()
        ]
        shown = {
            "Kind": [r.kind for r in rows],
            "Baskets with both": [f"{r.count:,}" for r in rows],
            "By taste alone": [f"{r.expected:,.1f}" for r in rows],
            "Lift": [f"{r.lift:.2f}" for r in rows],
            "Customers": [f"{r.customers:,}" for r in rows],
        }
        names = [f"{r.one} and {r.two}" for r in rows]
        return pd.DataFrame(shown, index=pd.Index(names, name="Pair", dtype="str"))


def find(lines: pd.DataFrame, *, items: int = 300, worlds: int = WORLDS, seed: int = 0) -> TogetherOrInstead:
    """Return which pairs of items are complements and which are substitutes.

    lines: `customer, basket, item` [`at`], as `history.dated_baskets` gives them. items: so many take part,
    those in most baskets. The null deals each customer's items anew among her own baskets (their sizes, and
    how often she bought each, are kept): what is left is whether the basket joins two items that she likes
    anyway, or parts them. Raises NotApplicable without customers, and where nobody buys two items often.
    """
    if "customer" not in lines:
        raise NotApplicable("without customers nobody buys one item instead of another")
    shop = coded(lines[lines["customer"].notna()])
    most = np.sort(np.argsort(-shop.baskets.counts, kind="stable")[:items])
    made, names = shop.baskets.only(most), shop.items[most]
    first, second = np.triu_indices(made.m, 1)
    more = compared(
        made,
        swaps.worlds(made, worlds, seed=seed, strata=made.customer),
        lambda b: counting.pair_table(b)[first, second],
        matched=True,
    )
    kept = more.expected >= FEWEST
    if not kept.any():
        raise NotApplicable(f"no two items are expected in {FEWEST:g} baskets of the same customers")
    more = replace(more, count=more.count[kept], null=more.null[:, kept])
    less = replace(more, below=True)
    first, second = first[kept], second[kept]
    table = pd.DataFrame(
        {
            "one": names[first],
            "two": names[second],
            "customers": _buyers(made)[first, second],
            "count": more.count,
            "expected": more.expected,
            "lift": more.lift,
            "p_more": more.p,
            "q_more": more.q,
            "p_less": less.p,
            "q_less": less.q,
            "kind": np.select([more.p <= LIMIT, less.p <= LIMIT], [TOGETHER, INSTEAD], ""),
            "surprise": np.maximum(more.surprise[0], less.surprise[0]),
        }
    ).sort_values("surprise", ascending=False, kind="stable", ignore_index=True)
    return TogetherOrInstead(made.n, len(np.unique(made.customer)), table)


def _buyers(made: Any) -> np.ndarray:
    """Return how many customers bought both of two items, ever, (m, m)."""
    owner = np.unique(made.customer, return_inverse=True)[1]
    held = np.zeros((int(owner.max()) + 1, made.m), dtype=np.float32)
    held[owner[made.basket], made.item] = 1.0
    return (held.T @ held).astype(np.int64)
