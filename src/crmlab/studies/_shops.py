"""What studies of baskets share: a simulated shop of a given size, its lines, and what was planted in it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import ibis
import numpy as np
import pandas as pd

from crmlab import store
from crmlab.data.tables import canonical
from crmlab.history.described_products import described_products, sold_lines
from crmlab.maths.mining.baskets import Baskets
from crmlab.seeds import seed_of
from crmlab.simulate.described import with_words
from crmlab.simulate.knobs import Shop
from crmlab.simulate.shop import simulate

BASKETS_PER_VISITOR = 0.42
"""A little below what the default shop has, so that a shop is never too small."""


@dataclass(frozen=True)
class Planted:
    """A shop's lines by time, and the pairs that were planted in them: (trigger, companion) by name."""

    lines: pd.DataFrame
    bundles: list[tuple[str, str]]
    sequences: list[tuple[str, str]]


def shop(seed: int, *, baskets: int, **knobs: float) -> Planted:
    """Return the last so many baskets of known customers of a simulated shop."""
    made = simulate(Shop(visitors=round(baskets / BASKETS_PER_VISITOR), **knobs), seed=seed)
    sold = made.tables["transactions"]
    sold = sold[(sold["quantity"] > 0) & sold["customer"].notna()]
    lines = pd.DataFrame(
        {
            "customer": sold["customer"],
            "basket": sold["order_id"],
            "at": sold["timestamp"],
            "item": sold["product"],
            "amount": sold["amount"].astype(float),
        }
    )
    lines = lines.sort_values(["at", "basket", "item"], kind="stable", ignore_index=True)
    last = lines["basket"].drop_duplicates(keep="last").tail(baskets)
    pairs = (
        list(made.truth[name].iloc[:, :2].itertuples(index=False, name=None))
        for name in ("bundles", "sequences")
    )
    return Planted(lines[lines["basket"].isin(last)].reset_index(drop=True), *pairs)


@dataclass(frozen=True)
class Described:
    """A shop's lines sold and its products, as crmlab.history.described_products gives them."""

    lines: pd.DataFrame
    products: pd.DataFrame


def described_shop(
    seed: int, *, launched: pd.Timestamp, word_strength: float, new_share: float, visitors: int = 6_000
) -> Described:
    """Return a simulated shop whose descriptions have words, some of its products launched on a day."""
    made = simulate(Shop(visitors=visitors, extra_lines=2.5), seed=seed)
    made = with_words(made, launched=launched, word_strength=word_strength, new_share=new_share, seed=seed)
    connection = store.engine()
    tables = {
        name: ibis.memtable(canonical(name, made.tables[name])) for name in ("transactions", "products")
    }
    lines = sold_lines(tables, connection)
    return Described(lines, described_products(lines, tables, connection))


@cache
def one_shop(*, baskets: int, extra_lines: float) -> Planted:
    """Return the shop whose baskets studies shuffle: always the same, drawn once a process."""
    return shop(seed_of(0, "one shop"), baskets=baskets, extra_lines=extra_lines)


def lines_of(world: Baskets, lines: pd.DataFrame, items: np.ndarray) -> pd.DataFrame:
    """Return the lines of a shuffled world of the baskets that lines hold, in order of time."""
    first = lines.drop_duplicates("basket").sort_values("at", kind="stable")
    return first.iloc[world.basket][["customer", "basket", "at"]].assign(item=items[world.item])
