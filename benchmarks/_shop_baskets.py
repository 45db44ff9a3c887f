"""Baskets of a drawn shop for benchmarks: habits of customers, and products that sell by Zipf's law."""

from __future__ import annotations

import numpy as np
import pandas as pd

from crmlab.maths.next_basket.purchases import Purchases, purchases_of
from crmlab.seeds import generator

BASKETS, ITEMS, FAVOURITES = 6, 6, 12


def shop(customers: int, products: int, *, seed: int = 1) -> Purchases:
    """Return purchases: BASKETS baskets a customer and ITEMS items a basket, on average (1 + Poisson).

    Half of the items are of FAVOURITES of the customer, the others by popularity.
    """
    rng = generator(seed, "next baskets", customers, products)
    share = 1 / (np.arange(products) + 10.0) ** 0.9
    share /= share.sum()
    favourites = rng.choice(products, (customers, FAVOURITES), p=share)
    baskets = 1 + rng.poisson(BASKETS - 1, customers)
    owner = np.repeat(np.arange(customers), baskets)
    sizes = 1 + rng.poisson(ITEMS - 1, len(owner))
    basket = np.repeat(np.arange(len(owner)), sizes)
    habit = rng.random(len(basket)) < 0.5
    any_one = rng.choice(products, len(basket), p=share)
    own = favourites[owner[basket], rng.integers(0, FAVOURITES, len(basket))]
    day = rng.integers(0, 700, len(owner))[basket]
    frame = pd.DataFrame(
        {
            "customer": pd.array([f"c{n:06d}" for n in owner[basket]], "str"),
            "at": pd.Timestamp("2023-01-01") + pd.to_timedelta(day, unit="D"),
            "basket": pd.array([f"b{n}" for n in basket], "str"),
            "item": pd.array([f"p{n:05d}" for n in np.where(habit, own, any_one)], "str"),
        }
    )
    return purchases_of(frame)
