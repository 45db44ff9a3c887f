"""Contrasts: what customers who are lost later bought, and those who stay did not, or the other way round."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import pandas as pd
from scipy import sparse

from crmlab.errors import NotApplicable
from crmlab.findings.associations._limits import LIMIT, SAID, SHOWN
from crmlab.maths.mining.significance import Compared
from crmlab.seeds import generator

WORLDS: Final = 999
FEWEST: Final = 20
"""A pattern is had by so many customers at both origins."""

BANDS: Final = (1, 2, 3, 5, 9)
"""Customers are compared with those of as many baskets: from so many on each."""

MOST: Final = 200
"""So many patterns, those that differ most at the first origin, are tested at the second."""


@dataclass(frozen=True)
class Contrasts:
    """Patterns by which lost customers differ from kept ones of as many baskets.

    table: a row per tested pattern, those that survive first: `pattern` (text), `first, then` (items; then is
    empty for a pattern of one item in the last basket, or of any basket before), `customers, lost` (how many
    of them), `expected` (lost, had they the rates of customers of as many baskets), `ratio`, `before` (the
    same at the first origin), `p` (for all patterns at once), `q`, `survives` (q at LIMIT, and the same side
    of 1 at both origins). origins: where patterns were chosen and where they were tested.
    """

    origins: tuple[str, str]
    horizon_days: int
    customers: int
    lost: int
    candidates: int
    table: pd.DataFrame

    @property
    def sentences(self) -> tuple[str, ...]:
        """Say how many patterns survive, and which tell most."""
        kept = self.table[self.table["survives"]]
        first = (
            f"{self.lost:,} of {self.customers:,} customers of {self.origins[1]} did not buy in the "
            f"{self.horizon_days} days after it. Of {self.candidates:,} patterns the {len(self.table):,} "
            f"that differed most on {self.origins[0]} were tested: {len(kept):,} differ again, at a q-value "
            f"of {LIMIT:g}, from customers of as many baskets."
        )
        said = [
            f"With {r.pattern}: {r.lost:,} of {r.customers:,} were lost, {r.ratio:.2f} times as many as of "
            f"customers of as many baskets (q {r.q:.2g}; {r.before:.2f} times at the first origin)."
            for r in kept.head(SAID).itertuples()
        ]
        return (first, *said)

    def head(self) -> pd.DataFrame:
        """Return the table for readers: the patterns that survive."""
        rows = list(self.table[self.table["survives"]].head(SHOWN).itertuples())
        shown = {
            "Customers": [f"{r.customers:,}" for r in rows],
            "Lost": [f"{r.lost:,}" for r in rows],
            "Expected": [f"{r.expected:,.1f}" for r in rows],
            "Ratio": [f"{r.ratio:.2f}" for r in rows],
            "At the first origin": [f"{r.before:.2f}" for r in rows],
            "q": [f"{r.q:.2g}" for r in rows],
        }
        return pd.DataFrame(shown, index=pd.Index([r.pattern for r in rows], name="Pattern", dtype="str"))


@dataclass(frozen=True)
class _Origin:
    """The customers of an origin: who has which pattern, who was lost, in which band she is."""

    held: sparse.csr_matrix
    lost: np.ndarray
    band: np.ndarray

    def expected(self) -> np.ndarray:
        """Return the lost among those with each pattern, had they their bands' rates."""
        rate = np.bincount(self.band, self.lost) / np.maximum(1, np.bincount(self.band))
        return rate[self.band] @ self.held

    def counts(self, lost: np.ndarray) -> np.ndarray:
        """Return how many with each pattern are lost."""
        return lost.astype(float) @ self.held


def find(lines: pd.DataFrame, *, horizon_days: int = 90, window_days: int = 365, seed: int = 0) -> Contrasts:
    """Return patterns that lost customers have more or less often than kept ones of as many baskets.

    lines: `customer, basket, at, item`, as `history.dated_baskets` gives them. An item in the last basket, an
    item in any basket, and a succession of two items in neighbouring baskets, within `window_days` before an
    origin. Lost: no basket in `horizon_days` after it. The last origin lies a horizon before the end of the
    data and tests; the one a horizon earlier chooses. The null deals who was lost anew among customers of as
    many baskets. Raises NotApplicable without customers or dates, where two horizons do not fit into the
    data, where nobody or everybody was lost, and where no pattern is common enough.
    """
    if "customer" not in lines or "at" not in lines:
        raise NotApplicable("without customers and dates nobody is lost")
    known = lines[lines["customer"].notna() & lines["at"].notna()]
    horizon = pd.Timedelta(days=horizon_days)
    last = known["at"].max().normalize() + pd.Timedelta(days=1) - horizon
    first = last - horizon
    if known.empty or not (known["at"] < first).any():
        raise NotApplicable(f"the data hold no two horizons of {horizon_days} days and a time before them")
    parts = [_patterns(known[known["at"] < o], known, o, horizon_days, window_days) for o in (first, last)]
    names = [name for name in parts[0][1] if name in set(parts[1][1])]
    chooses, tests = (_origin(*part, names) for part in parts)
    often = (np.asarray(chooses.held.sum(axis=0)).ravel() >= FEWEST) & (
        np.asarray(tests.held.sum(axis=0)).ravel() >= FEWEST
    )
    if not often.any():
        raise NotApplicable(f"no pattern is had by {FEWEST} customers at both origins")
    if tests.lost.all() or not tests.lost.any():
        raise NotApplicable("nobody, or everybody, was lost: there is nothing to contrast")
    ratio, spread = _ratio(chooses)
    strength = np.where(often, np.abs(chooses.counts(chooses.lost) - chooses.expected()) / spread, -1.0)
    chosen = np.argsort(-strength, kind="stable")[: min(MOST, int(often.sum()))]
    table = _table(
        replace(tests, held=tests.held[:, chosen]), [names[i] for i in chosen], ratio[chosen], seed
    )
    days = tuple(o.date().isoformat() for o in (first, last))
    return Contrasts(days, horizon_days, len(tests.lost), int(tests.lost.sum()), int(often.sum()), table)


def _ratio(origin: _Origin) -> tuple[np.ndarray, np.ndarray]:
    """Return lost over expected per pattern, and the Poisson spread of the latter."""
    expected = np.maximum(origin.expected(), 1e-9)
    return origin.counts(origin.lost) / expected, np.sqrt(expected)


def _patterns(
    past: pd.DataFrame, known: pd.DataFrame, origin: pd.Timestamp, horizon_days: int, window_days: int
) -> tuple[pd.DataFrame, list[tuple[str, str, str]]]:
    """Return customer and pattern of what lies before an origin, with `lost` and `band`; and the patterns."""
    seen = past[past["at"] >= origin - pd.Timedelta(days=window_days)]
    later = known[(known["at"] >= origin) & (known["at"] < origin + pd.Timedelta(days=horizon_days))]
    baskets = seen.groupby(["customer", "basket"], as_index=False)["at"].min()
    baskets = baskets.sort_values(["customer", "at", "basket"], kind="stable")
    baskets["turn"] = baskets.groupby("customer").cumcount()
    baskets["last"] = baskets["turn"] == baskets.groupby("customer")["turn"].transform("max")
    held = seen[["customer", "basket", "item"]].drop_duplicates()
    held = held.merge(baskets[["customer", "basket", "turn", "last"]], on=["customer", "basket"])
    before = held.assign(turn=held["turn"] + 1)[["customer", "turn", "item"]]
    pairs = before.merge(held[["customer", "turn", "item"]], on=["customer", "turn"], suffixes=("", "_then"))
    pairs = pairs[pairs["item"] != pairs["item_then"]]
    parts = [
        held[held["last"]][["customer", "item"]].assign(kind="last", then=""),
        held[["customer", "item"]].assign(kind="any", then=""),
        pairs.rename(columns={"item_then": "then"})[["customer", "item", "then"]].assign(kind="succession"),
    ]
    table = pd.concat(parts, ignore_index=True).drop_duplicates()
    count = baskets.groupby("customer").size()
    table["band"] = np.searchsorted(BANDS, table["customer"].map(count).to_numpy(), side="right") - 1
    table["lost"] = ~table["customer"].isin(later["customer"])
    sizes = table.groupby(["kind", "item", "then"]).size()
    return table, [name for name, size in sizes.items() if size >= FEWEST]


def _origin(table: pd.DataFrame, _: list[tuple[str, str, str]], names: list[tuple[str, str, str]]) -> _Origin:
    """Return the customers of an origin with the named patterns as columns."""
    people = table.drop_duplicates("customer").sort_values("customer", kind="stable")
    place = {name: i for i, name in enumerate(names)}
    column = np.array(
        [place.get(n, -1) for n in zip(table["kind"], table["item"], table["then"], strict=True)]
    )
    row = np.searchsorted(people["customer"].to_numpy(dtype=object), table["customer"].to_numpy(dtype=object))
    kept = column >= 0
    held = sparse.csr_matrix((np.ones(kept.sum()), (row[kept], column[kept])), (len(people), len(names)))
    return _Origin(held, people["lost"].to_numpy(), people["band"].to_numpy())


def _table(origin: _Origin, names: list[tuple[str, str, str]], before: np.ndarray, seed: int) -> pd.DataFrame:
    """Return the tested patterns, both sides at once: more of the lost, and fewer."""
    order, rng = np.argsort(origin.band, kind="stable"), generator(seed, "lost")
    null = []
    for _ in range(WORLDS):
        mixed = np.lexsort((rng.random(len(order)), origin.band))
        dealt = np.empty(len(order), dtype=bool)
        dealt[order] = origin.lost[mixed]
        null.append(origin.counts(dealt))
    count, worlds = origin.counts(origin.lost), np.array(null)
    both = Compared(np.append(count, -count), np.hstack([worlds, -worlds]), matched=True)
    more = Compared(count, worlds, matched=True).lift >= 1
    side = np.where(more, np.arange(len(count)), np.arange(len(count)) + len(count))
    ratio = count / np.maximum(origin.expected(), 1e-9)
    p, q, surprise = both.p[side], both.q[side], both.surprise[0][side]
    text = {"last": "{} in the last basket", "any": "{} in any basket", "succession": "{}, then {}"}
    table = pd.DataFrame(
        {
            "pattern": [text[kind].format(item, then) for kind, item, then in names],
            "first": [item for _, item, _ in names],
            "then": [then for *_, then in names],
            "customers": np.asarray(origin.held.sum(axis=0)).ravel().astype(int),
            "lost": count.astype(int),
            "expected": origin.expected(),
            "ratio": ratio,
            "before": before,
            "p": p,
            "q": q,
            "surprise": surprise,
            "survives": (q <= LIMIT) & ((ratio > 1) == (before > 1)),
        }
    )
    return table.sort_values(["survives", "surprise"], ascending=False, kind="stable", ignore_index=True)
