"""A small shop with planted associations: baskets of two years, dated, with amounts."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from crmlab.seeds import generator

PLANTED = (("p20", "p21"), ("p22", "p23"))
"""Whoever buys the first of these buys the second in the same basket, in three of ten."""

FOLLOWS = ("p30", "p31")
"""Whoever buys the first buys the second in the next basket, in half."""


def made(seed: int = 1, *, customers: int = 400, baskets: int = 8, products: int = 40) -> pd.DataFrame:
    """Return the lines of a shop whose products sell by Zipf's law, with PLANTED and FOLLOWS in it."""
    rng = generator(seed, "shop")
    share = 1 / (np.arange(products) + 5.0)
    rows = []
    for customer in range(customers):
        days = np.sort(rng.choice(728, baskets, replace=False))
        due: set[int] = set()
        for number, day in enumerate(days):
            held = set(rng.choice(products, 2 + rng.poisson(2), p=share / share.sum()).tolist()) | due
            held |= {b for a, b in [(20, 21), (22, 23)] if a in held and rng.random() < 0.3}
            due = {31} if 30 in held and rng.random() < 0.5 else set()
            rows += [
                (f"c{customer:03d}", f"{customer:03d}-{number}", day, f"p{i:02d}", 10.0 + i) for i in held
            ]
    lines = pd.DataFrame(rows, columns=["customer", "basket", "day", "item", "amount"])
    lines["at"] = pd.Timestamp("2022-01-03") + pd.to_timedelta(lines.pop("day"), unit="D")
    return lines.sort_values(["at", "basket", "item"], kind="stable", ignore_index=True)


@pytest.fixture(scope="session")
def make_shop() -> Callable[..., pd.DataFrame]:
    """Return the function that draws a shop."""
    return made


@pytest.fixture(scope="session")
def shop() -> pd.DataFrame:
    """The lines of one shop."""
    return made()
