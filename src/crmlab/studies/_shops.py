"""What studies of baskets share: a simulated shop of a given size, its lines, and what was planted in it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
import pandas as pd

from crmlab.maths.mining.baskets import Baskets
from crmlab.seeds import seed_of
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


@cache
def one_shop(*, baskets: int, extra_lines: float) -> Planted:
    """Return the shop whose baskets studies shuffle: always the same, drawn once a process."""
    return shop(seed_of(0, "one shop"), baskets=baskets, extra_lines=extra_lines)


def lines_of(world: Baskets, lines: pd.DataFrame, items: np.ndarray) -> pd.DataFrame:
    """Return the lines of a shuffled world of the baskets that lines hold, in order of time."""
    first = lines.drop_duplicates("basket").sort_values("at", kind="stable")
    return first.iloc[world.basket][["customer", "basket", "at"]].assign(item=items[world.item])
