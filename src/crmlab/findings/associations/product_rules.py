"""Product to product: rules mined in one window, and what was left of them in the next, beside chance."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd

from crmlab.errors import NotApplicable
from crmlab.explain.basket_coding import Coded, coded, halves
from crmlab.findings.associations._limits import LIMIT, SAID, SHOWN, WORLDS
from crmlab.findings.associations._mined import Mined, mined, shuffled_counts
from crmlab.maths.mining import swaps
from crmlab.maths.mining.holders import holders, lift_intervals
from crmlab.maths.mining.significance import Compared, compared
from crmlab.seeds import seed_of

NULLS: Final = {
    "free": "baskets of the same sizes and products of the same counts",
    "week": "the same within each week",
    "customer": "the same within each customer's baskets",
}
REPLICATES: Final = 400
LEVEL: Final = 0.95


@dataclass(frozen=True)
class ProductRules:
    """Rules between products, mined in a first window and measured in the next.

    table: a row per rule, those that survive first, by surprise: `antecedent, consequent` (text), `items`
    (names); of the first window `train_count, train_support, train_confidence, train_lift,
    train_lift_over_null`, of the next `count, expected` (under the free null), `customers` (who bought all of
    it together), `confidence, lift, lift_over_null, lower, upper` (of the latter, customers resampled), per
    null `p_<null>` (for all rules at once) and `q_<null>`, `expected_<null>`; `money` (what was paid for the
    consequent in these baskets, less the share that chance brings together; nan without amounts), `survives`.
    candidates: itemsets that were tested; naive: rules that the first window proposes, and the mean number
    that its shuffled baskets propose; beyond: per null, itemsets at least as surprising as the last survivor,
    found and in the mean null world.
    """

    first: str
    second: str
    nulls: tuple[str, ...]
    worlds: int
    candidates: int
    naive: tuple[int, float]
    beyond: dict[str, tuple[int, float]]
    table: pd.DataFrame

    @property
    def sentences(self) -> tuple[str, ...]:
        """Say how many rules survive, how many chance proposes, and what the strongest are."""
        return (self._of_mining(), self._of_surviving(), *self._of_strongest(), *self._of_shrinkage())

    def head(self) -> pd.DataFrame:
        """Return the table for readers: the rules that survive, the most surprising first."""
        rows = list(self.table[self.table["survives"]].head(SHOWN).itertuples())
        shown = {
            "Lift over chance, mined": [f"{r.train_lift_over_null:.2f}" for r in rows],
            "Lift over chance, next": [f"{r.lift_over_null:.2f} {_ends(r.lower, r.upper)}" for r in rows],
            "Raw lift, next": [f"{r.lift:.2f}" for r in rows],
            "Baskets": [f"{r.count:,}" for r in rows],
            "By chance": [f"{r.expected:,.1f}" for r in rows],
            "Confidence": [f"{r.confidence:.1%}" for r in rows],
            "Largest q": [f"{max(getattr(r, f'q_{null}') for null in self.nulls):.2g}" for r in rows],
            "Money": ["" if pd.isna(r.money) else f"{r.money:,.0f}" for r in rows],
        }
        names = [f"{r.antecedent} → {r.consequent}" for r in rows]
        return pd.DataFrame(shown, index=pd.Index(names, name="Rule", dtype="str"))

    def _of_mining(self) -> str:
        """Say how many rules were mined, and how many of shuffled baskets."""
        rules, chance = self.naive
        return (
            f"Mined in {self.first}: {rules:,} rules with a raw lift above 1 and no redundant part; the same "
            f"mining proposes {chance:,.0f} on average where the baskets are shuffled."
        )

    def _of_surviving(self) -> str:
        """Say how many survive in the next window, beside what the null has."""
        kept = int(self.table["survives"].sum())
        against = ", ".join(f"{self.beyond[null][1]:.2g} ({null})" for null in self.nulls)
        if not kept:
            return (
                f"None of {len(self.table):,} rules survives in {self.second}, against chance at {LIMIT:g}."
            )
        sets = int(self.table.loc[self.table["survives"], "items"].nunique())
        return (
            f"Measured again in {self.second}, {kept:,} of {len(self.table):,} rules ({sets:,} itemsets) "
            f"survive: beyond chance at {LIMIT:g}, all at once, under each null "
            f"({', '.join(NULLS[n] for n in self.nulls)}), and with customers drawn anew. A null world has "
            f"so many itemsets that surprise as much, on average: {against}."
        )

    def _of_strongest(self) -> list[str]:
        """Say the most surprising rules that survive."""
        return [
            f"{r.antecedent} → {r.consequent}: {r.lift_over_null:.2f} times as often as by chance "
            f"({LEVEL:.0%} interval {r.lower:.2f} to {r.upper:.2f}), {r.count:,} baskets of {r.customers:,} "
            f"customers where {r.expected:,.1f} were expected; where it was mined "
            f"{r.train_lift_over_null:.2f} times."
            for r in self.table[self.table["survives"]].drop_duplicates("items").head(SAID).itertuples()
        ]

    def _of_shrinkage(self) -> list[str]:
        """Say how much of the lift is left in the next window."""
        known = self.table[(self.table["expected"] > 0) & np.isfinite(self.table["train_lift_over_null"])]
        if known.empty:
            return []
        before, after = (float(known[c].median()) for c in ("train_lift_over_null", "lift_over_null"))
        return [
            f"The median rule held {before:.2f} times as often as by chance where it was mined, and "
            f"{after:.2f} times in the next window: to choose the best of many flatters them."
        ]


def find(
    lines: pd.DataFrame,
    *,
    until: str | dt.date | None = None,
    support: float = 0.001,
    longest: int = 3,
    nulls: Sequence[str] = ("free", "week"),
    worlds: int = WORLDS,
    seed: int = 0,
) -> ProductRules:
    """Return the rules between products of a shop's baskets, and which survive out of time.

    lines: `customer, basket, at, item, amount`, as `history.dated_baskets` gives them; without `customer`
    each basket is its own, without `at` the first half of the baskets is the first window and there is no
    week. until: the day from which baskets are of the second window, else half of them are. Rules are mined
    before it: frequent at `support`, of at most `longest` items, one of them the consequent, with a raw lift
    above 1 and a confidence above that of every rule within (Bayardo, Agrawal and Gunopulos 1999). From it
    on nothing is chosen: a rule survives where its itemset is beyond chance for all candidates at once under
    every null (by the maximum of Poisson tails over null worlds, Westfall and Young 1993), more frequent than
    by chance with customers drawn anew, and its confidence still above that of every shorter rule. Raises
    NotApplicable where there are too few baskets, or nothing frequent to test.
    """
    shop = coded(lines)
    used = tuple(n for n in nulls if n != "week" or shop.at is not None)
    before, after = halves(shop, until)
    proposed = mined(before.baskets, support=support, longest=longest)
    if not proposed.rules:
        raise NotApplicable(f"no rule has a support of {support:g} and a lift above 1 in {before.span()}")
    against = {n: _against(after, proposed, n, worlds, seed_of(seed, "next", n)) for n in used}
    train = _against(before, proposed, "free", min(worlds, 20), seed_of(seed, "mined"))
    few = shuffled_counts(before.baskets, support=support, longest=longest, seed=seed_of(seed, "mining"))
    table = _table(before, after, proposed, train, against, seed)
    return ProductRules(
        first=before.span(),
        second=after.span(),
        nulls=used,
        worlds=worlds,
        candidates=len(proposed.itemsets),
        naive=(len(proposed.rules), few),
        beyond={n: _beyond(c, table, proposed) for n, c in against.items()},
        table=table.drop(columns="set"),
    )


def strata(shop: Coded, null: str) -> np.ndarray | None:
    """Return within what baskets are shuffled under a null of NULLS."""
    return {"free": None, "week": shop.baskets.week, "customer": shop.baskets.customer}[null]


def _against(shop: Coded, proposed: Mined, null: str, number: int, seed: int) -> Compared:
    """Return the counts of the candidates in baskets, beside those in worlds of a null.

    Within strata much cannot move, and counts are far less spread than Poisson's.
    """
    shuffled = swaps.worlds(shop.baskets, number, seed=seed, strata=strata(shop, null))
    return compared(shop.baskets, shuffled, proposed.counts, matched=null != "free")


def _beyond(against: Compared, table: pd.DataFrame, proposed: Mined) -> tuple[int, float]:
    """Return how many itemsets surprise as much as the least surprising survivor: here, and in a world."""
    kept = np.unique(table.loc[table["survives"], "set"].to_numpy(dtype=int))
    if not len(kept):
        return 0, float((against.surprise[1:] >= against.surprise[0].max()).sum() / max(1, len(against.null)))
    bar = against.surprise[0][kept].min()
    above = against.surprise >= bar
    return int(above[0].sum()), float(above[1:].sum() / max(1, len(against.null)))


def _table(
    before: Coded, after: Coded, proposed: Mined, train: Compared, against: dict[str, Compared], seed: int
) -> pd.DataFrame:
    """Return a row per rule, with `set`, the number of its itemset."""
    free = against.get("free") or next(iter(against.values()))
    lower, upper = lift_intervals(
        after.baskets, proposed.itemsets, free.expected, level=LEVEL, replicates=REPLICATES, seed=seed
    )
    held = holders(after.baskets, proposed.itemsets)
    of_set: dict[str, Any] = {
        "count": free.count,
        "expected": free.expected,
        "customers": [len(np.unique(after.baskets.customer[h])) for h in held],
        "lift_over_null": free.lift,
        "lower": lower,
        "upper": upper,
        "surprise": free.surprise[0],
        "train_lift_over_null": train.lift,
    }
    for null, found in against.items():
        of_set |= {f"p_{null}": found.p, f"q_{null}": found.q, f"expected_{null}": found.expected}
    rules = proposed.frame(before.items, before.baskets, after.baskets)
    table = rules.join(pd.DataFrame(of_set), on="set")
    table["money"] = _money(after, proposed, table, held)
    beyond = (table[[f"p_{null}" for null in against]] <= LIMIT).all(axis=1)
    table["survives"] = beyond & (table["lower"] > 1) & (table["confidence"] > table["shorter"])
    order = ["survives", "surprise", "confidence"]
    return table.sort_values(order, ascending=False, kind="stable", ignore_index=True)


def _money(after: Coded, proposed: Mined, table: pd.DataFrame, held: list[np.ndarray]) -> np.ndarray:
    """Return what was paid for each rule's consequent in the baskets that hold all, beyond chance's share."""
    if after.amount is None:
        return np.full(len(table), np.nan)
    made, found = after.baskets, np.zeros(len(table))
    code = made.basket * made.m + made.item
    for place, row in enumerate(table.itertuples()):
        if row.count > row.expected:
            entry = np.searchsorted(code, held[row.set] * made.m + proposed.consequents[place])
            found[place] = after.amount[entry].sum() * (1 - row.expected / row.count)
    return found


def _ends(lower: float, upper: float) -> str:
    """Return an interval as text, nothing where it is unknown."""
    return "" if pd.isna(lower) else f"[{lower:.2f}, {upper:.2f}]"
