"""Five customers whose purchases are few enough to be worked out by hand, and a shop of two hundred."""

from __future__ import annotations

import pandas as pd
import pytest

from crmlab.seeds import generator

FIVE = {
    "c1": ["ab", "a", "ac"],
    "c2": ["ab"],
    "c3": ["b", "bc"],
    "c4": ["d"],
    "c5": ["cd", "d"],
}


def history_of(baskets: dict[str, list[str]]) -> pd.DataFrame:
    """Return the lines of baskets that are texts of one-letter items, a day apart."""
    lines = [
        (customer, pd.Timestamp("2024-01-01") + pd.Timedelta(days=day), f"{customer}-{day}", item)
        for customer, texts in baskets.items()
        for day, text in enumerate(texts)
        for item in text
    ]
    frame = pd.DataFrame(lines, columns=["customer", "at", "basket", "item"])
    return frame.astype({"customer": "str", "basket": "str", "item": "str"})


def drawn(customers: int = 200, *, seed: int = 1) -> pd.DataFrame:
    """Draw a shop of 60 items: each customer has a few favourites, and the first items are popular."""
    rng = generator(seed, "baskets")
    lines = []
    for number in range(customers):
        favourites = rng.choice(60, 5, replace=False)
        for day in range(1 + rng.poisson(3)):
            usual = rng.choice(favourites, 1 + rng.poisson(1))
            popular = rng.geometric(0.1, 1 + rng.poisson(1)) - 1
            at = pd.Timestamp("2024-01-01") + pd.Timedelta(days=int(10 * day + rng.integers(0, 10)))
            lines += [(f"k{number:03d}", at, f"k{number:03d}-{day}", f"p{i:02d}") for i in {*usual, *popular}]
    frame = pd.DataFrame(lines, columns=["customer", "at", "basket", "item"])
    return frame.astype({"customer": "str", "basket": "str", "item": "str"})


@pytest.fixture(scope="session")
def five() -> pd.DataFrame:
    """The purchases of five customers."""
    return history_of(FIVE)


@pytest.fixture(scope="session")
def shop() -> pd.DataFrame:
    """The purchases of two hundred customers."""
    return drawn()
