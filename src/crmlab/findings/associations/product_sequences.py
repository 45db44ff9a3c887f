"""What is bought after what: successions that are neither frequency nor calendar."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from crmlab.errors import NotApplicable, UsageError
from crmlab.explain.basket_coding import coded
from crmlab.findings.associations._limits import LIMIT, SAID, SHOWN, WORLDS
from crmlab.maths.mining import orders
from crmlab.maths.mining.baskets import Baskets
from crmlab.maths.mining.significance import Compared, compared
from crmlab.maths.mining.successions import succession_table
from crmlab.seeds import seed_of

ORDER: Final = "order"
CALENDAR: Final = "calendar"
NULLS: Final = {
    ORDER: "each customer's baskets in another order",
    CALENDAR: "customer, calendar and counts kept",
}
SWAPS: Final = "swaps"
DEALT: Final = "dealt"
FEWEST: Final = 5
"""A succession is looked at where so many customers have it, in the data or on average in the worlds."""


@dataclass(frozen=True)
class ProductSequences:
    """Successions of two items: a customer bought the first, and in a later basket the second.

    table: a row per succession that FEWEST customers have, those that survive first, by surprise: `first,
    then` (items), `customers` (who have it), per null of NULLS `expected_<null>`, `lift_<null>`, `p_<null>`
    (for all successions at once) and `q_<null>`; `survives`: at LIMIT under both. items: how many took part;
    ahead: the later basket is one of so many next ones, any later one where None; by: how the calendar was
    kept; beyond: per null, how many successions are beyond it.
    """

    customers: int
    items: int
    ahead: int | None
    by: str
    worlds: int
    beyond: dict[str, int]
    table: pd.DataFrame

    @property
    def sentences(self) -> tuple[str, ...]:
        """Say how many successions there are, how many survive which null, and the strongest."""
        where = "any later basket" if self.ahead is None else _next(self.ahead)
        order, calendar = (self.beyond[null] for null in NULLS)
        kept = self.table[self.table["survives"]]
        first = (
            f"{len(self.table):,} successions of two of {self.items:,} items (the second in {where}) have "
            f"{FEWEST} customers or more, of {self.customers:,}."
        )
        second = (
            f"Beyond chance at {LIMIT:g}, all at once, are {order:,} where each customer's baskets are put "
            f"in another order, {calendar:,} where the calendar is kept ({self._how()}), and {len(kept):,} "
            "by both: only these are successions and no seasons."
        )
        said = [
            f"{r.first}, then {r.then}: {r.customers:,} customers, {r.lift_order:.2f} times as many as in "
            f"another order ({r.expected_order:,.1f}) and {r.lift_calendar:.2f} times as many as by the "
            f"calendar ({r.expected_calendar:,.1f})."
            for r in kept.head(SAID).itertuples()
        ]
        return (first, second, *said)

    def head(self) -> pd.DataFrame:
        """Return the table for readers: the successions that survive."""
        rows = list(self.table[self.table["survives"]].head(SHOWN).itertuples())
        shown = {
            "Customers": [f"{r.customers:,}" for r in rows],
            "In another order": [f"{r.expected_order:,.1f}" for r in rows],
            "By the calendar": [f"{r.expected_calendar:,.1f}" for r in rows],
            "Smaller lift": [f"{min(r.lift_order, r.lift_calendar):.2f}" for r in rows],
            "Larger q": [f"{max(r.q_order, r.q_calendar):.2g}" for r in rows],
        }
        names = [f"{r.first}, then {r.then}" for r in rows]
        return pd.DataFrame(shown, index=pd.Index(names, name="Succession", dtype="str"))

    def _how(self) -> str:
        """Say how the calendar was kept."""
        return "swaps over four baskets" if self.by == SWAPS else "items dealt anew over own baskets"


def find(
    lines: pd.DataFrame,
    *,
    ahead: int | None = 1,
    items: int = 200,
    calendar: str = DEALT,
    worlds: int = WORLDS,
    seed: int = 0,
) -> ProductSequences:
    """Return the successions of a shop's dated baskets that two nulls do not explain.

    lines: `customer, basket, at, item`, as `history.dated_baskets` gives them. ahead: how many baskets later
    the second item may come; None for any later one. items: so many take part, those that most customers
    bought (which both nulls keep, so that it chooses no succession). calendar: `swaps`, exact, where many
    customers buy the same items, or `dealt` for sparse shops (see `maths.mining.orders`). Support is counted
    in customers; significance by the maximum over all successions of a world. Raises NotApplicable where
    there are no dates or customers, or no succession; UsageError for another calendar.
    """
    if calendar not in (SWAPS, DEALT):
        raise UsageError(f"calendar = '{calendar}': there are {SWAPS} and {DEALT}")
    shop, names = _many(lines, items)
    shuffle: dict[str, Callable[..., Iterator[Baskets]]] = {
        ORDER: orders.permuted,
        CALENDAR: orders.calendar_swapped if calendar == SWAPS else orders.calendar_dealt,
    }
    against = {
        null: compared(
            shop,
            made(shop, worlds, seed=seed_of(seed, null)),
            lambda b: succession_table(b, ahead=ahead).ravel(),
            matched=True,
        )
        for null, made in shuffle.items()
    }
    table = _table(against, names)
    if table.empty:
        raise NotApplicable(f"no succession of two items is had by {FEWEST} customers")
    return ProductSequences(
        customers=len(np.unique(shop.customer)),
        items=shop.m,
        ahead=ahead,
        by=calendar,
        worlds=worlds,
        beyond={null: int((table[f"p_{null}"] <= LIMIT).sum()) for null in NULLS},
        table=table,
    )


def _many(lines: pd.DataFrame, items: int) -> tuple[Baskets, np.ndarray]:
    """Return the baskets of the items that most customers bought, and their names."""
    if "at" not in lines or "customer" not in lines:
        raise NotApplicable("without dates and customers there is no order in which anything was bought")
    shop = coded(lines[lines["customer"].notna() & lines["at"].notna()])
    made = shop.baskets
    owners = np.unique(made.customer[made.basket] * made.m + made.item) % made.m
    most = np.sort(np.argsort(-np.bincount(owners, minlength=made.m), kind="stable")[:items])
    return made.only(most), shop.items[most]


def _table(against: dict[str, Compared], names: np.ndarray) -> pd.DataFrame:
    """Return a row per succession of two different items that enough customers have."""
    count = next(iter(against.values())).count
    first, then = np.divmod(np.arange(len(count)), len(names))
    columns = {"first": names[first], "then": names[then], "customers": count}
    surprise = np.full(len(count), np.inf)
    seen, different = count >= FEWEST, first != then
    for found in against.values():
        seen = seen | (found.expected >= FEWEST)
    kept = np.flatnonzero(different)
    for null, found in against.items():
        # the family is every succession of two different items, however few have it
        family = Compared(found.count[kept], found.null[:, kept], found.matched)
        for name in ("expected", "lift", "p", "q"):
            values = np.full(len(count), np.nan)
            values[kept] = getattr(family, name)
            columns[f"{name}_{null}"] = values
        here = np.zeros(len(count))
        here[kept] = family.surprise[0]
        surprise = np.minimum(surprise, here)
    table = pd.DataFrame(columns).assign(surprise=surprise)[seen & different]
    beyond = (table[[f"p_{null}" for null in against]] <= LIMIT).all(axis=1)
    table = table.assign(survives=beyond).sort_values(
        ["survives", "surprise"], ascending=False, kind="stable", ignore_index=True
    )
    return table


def _next(ahead: int) -> str:
    """Say within which baskets the second item comes."""
    return "the next basket" if ahead == 1 else f"the next {ahead} baskets"
