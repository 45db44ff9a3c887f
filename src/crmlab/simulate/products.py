"""The catalogue: products with category, price and cost, planted bundles and purchase sequences."""

from __future__ import annotations

import numpy as np
import pandas as pd

from crmlab.seeds import generator
from crmlab.simulate.knobs import Shop
from crmlab.simulate.latent import CATEGORIES

MEDIAN_PRICE_USD = (11.0, 12.0, 13.0, 18.0, 16.0, 13.0, 20.0, 28.0)
COST_SHARE = (0.60, 0.62, 0.50, 0.48, 0.50, 0.35, 0.55, 0.72)
RETURN_ODDS = (-0.6, -0.4, 0.0, 0.1, -0.2, -0.3, 0.5, 0.6)
"""Per category, in the order of CATEGORIES; the last are log-odds ratios of returning a line."""


def draw(shop: Shop, *, seed: int) -> pd.DataFrame:
    """Return the canonical columns of `products`, and category_code, popularity (log), quality."""
    rng = generator(seed, "catalogue")
    category = np.arange(shop.products) % len(CATEGORIES)
    # rounded down to a price that ends in 9 cents
    price = np.array(MEDIAN_PRICE_USD)[category] * np.exp(0.55 * rng.standard_normal(shop.products))
    price = np.maximum(np.floor(price * 10) / 10 - 0.01, 0.99).round(2)
    cost = price * np.array(COST_SHARE)[category] * rng.uniform(0.85, 1.15, shop.products)
    rank = rng.permutation(shop.products) + 1
    return pd.DataFrame(
        {
            "product": [f"P{i:04d}" for i in range(1, shop.products + 1)],
            "category": np.array(CATEGORIES)[category],
            "description": [f"{CATEGORIES[c]} no. {i}" for i, c in enumerate(category, 1)],
            "unit_cost": cost.round(2),
            "unit_price": price,
            "category_code": category,
            # Zipf's law with a softened head
            "popularity": -0.8 * np.log(rank + 5.0),
            "quality": 0.5 * rng.standard_normal(shop.products),
        }
    )


def affinities(products: pd.DataFrame, shop: Shop, *, seed: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the planted bundles and sequences, as numbers of products: (trigger, companion).

    An order that holds the trigger of a bundle also holds its companion with bundle_probability;
    the order after one that holds the trigger of a sequence holds its companion with
    sequence_probability. Triggers are taken from the popular products; no product is in two.
    """
    rng = generator(seed, "affinities")
    planted = shop.bundles + shop.sequences
    popular = np.argsort(-products["popularity"].to_numpy(), kind="stable")
    triggers = rng.permutation(popular[: max(planted, shop.products // 3)])[:planted]
    companions = rng.permutation(np.setdiff1d(popular, triggers))[:planted]
    pairs = pd.DataFrame({"trigger": triggers, "companion": companions})
    return pairs[: shop.bundles].reset_index(drop=True), pairs[shop.bundles :].reset_index(drop=True)
