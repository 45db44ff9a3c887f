"""What a customer's next basket holds, by the truth: the probability of every product."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Final

import numpy as np
import pandas as pd
from scipy import stats
from scipy.special import roots_genlaguerre, softmax

from crmlab.errors import DataError
from crmlab.simulate import products as assortment
from crmlab.simulate.baskets import PRICE_SPREAD
from crmlab.simulate.knobs import Shop
from crmlab.simulate.latent import NAMES, trait

NODES: Final = 16
"""Points at which an order's value is looked at (Gauss-Laguerre)."""

STEPS: Final = 160
"""Values of an order between which probabilities are read off, evenly by their logarithm."""


def shop_of(truth: Mapping[str, pd.DataFrame]) -> Shop:
    """Return the knobs of the shop that a truth is about."""
    kept = truth["shop"].iloc[0]
    given = {f.name: kept[f.name] for f in fields(Shop) if f.name in kept.index}
    days = {name: pd.Timestamp(given[name]).date() for name in ("start", "end")}
    return Shop(**{n: v.item() if isinstance(v, np.generic) else v for n, v in (given | days).items()})


def catalogue(truth: Mapping[str, pd.DataFrame], known: pd.DataFrame, *, seed: int) -> pd.DataFrame:
    """Return the shop's products with their popularity, drawn again from its knobs and its seed.

    known: the canonical table `products`. Raises DataError where it is not what this seed draws.
    """
    drawn = assortment.draw(shop_of(truth), seed=seed)
    mine = known.set_index("product").reindex(drawn["product"])
    if not np.allclose(mine["unit_price"].astype(float), drawn["unit_price"]):
        raise DataError(f"the products are not those that the simulator draws with seed {seed}")
    return drawn


def true_item_probabilities(
    truth: Mapping[str, pd.DataFrame],
    products: pd.DataFrame,
    customers: Sequence[str],
    last: np.ndarray,
    *,
    mean_value: float,
) -> np.ndarray:
    """Return P(the customer's next order holds the product), (n, m), products in the order of the catalogue.

    truth: of the simulated shop. products: its catalogue with `popularity`. last: which products the order
    before held, (n, m) of 0 and 1. mean_value: of an order, in dollars. Given an order's value and lines, a
    line is a draw of a multinomial logit, and a bundle's trigger on a line brings its companion; the value
    (Gamma) is integrated out by quadrature and the number of lines (1 + Poisson) summed. What the order
    before set in motion (sequences) comes on top. Raises DataError for an unknown customer.
    """
    people = truth["customers"].set_index("customer")
    unknown = [name for name in customers if name not in people.index]
    if unknown:
        raise DataError(f"the oracle was asked about '{unknown[0]}', who is not in the truth")
    people = people.loc[list(customers)]
    shop = shop_of(truth)
    node, weight = roots_genlaguerre(NODES, shop.spend_order_shape - 1)
    value = node / people["spend_rate_per_usd"].to_numpy()[:, None]
    grid = np.geomspace(value.min(), value.max() * (1 + 1e-9), STEPS)
    place = np.log(value / grid[0]) / np.log(grid[1] / grid[0])
    low = np.clip(place.astype(int), 0, STEPS - 2)
    part = place - low
    kind = people["type"].map({name: code for code, name in enumerate(NAMES)}).to_numpy()
    found = np.zeros((len(people), len(products)))
    for one in np.unique(kind):
        held = _at_values(int(one), grid, products, truth["bundles"], shop, mean_value)
        mine = np.flatnonzero(kind == one)
        for k in range(NODES):
            at, rest = low[mine, k], part[mine, k][:, None]
            found[mine] += weight[k] / weight.sum() * ((1 - rest) * held[at] + rest * held[at + 1])
    return _followed(found, np.asarray(last), truth["sequences"], products)


def _at_values(
    kind: int, values: np.ndarray, products: pd.DataFrame, bundles: pd.DataFrame, shop: Shop, mean: float
) -> np.ndarray:
    """Return P(an order of a type, worth each of (G,) values, holds each product), (G, m)."""
    expected = shop.extra_lines * values / mean
    most = 1 + int(stats.poisson.ppf(1 - 1e-6, expected.max()))
    utility = products["popularity"].to_numpy() + trait("taste")[kind][products["category_code"]]
    price = np.log(products["unit_price"].to_numpy())
    trigger, companion, chance = _numbers(bundles, products)
    found = np.zeros((len(values), len(products)))
    for lines in range(1, most + 1):
        share = stats.poisson.pmf(lines - 1, expected)
        likely = share > 1e-9
        distance = price - np.log(values[likely] / lines)[:, None]
        chosen = softmax(utility - 0.5 * (distance / PRICE_SPREAD) ** 2, axis=1)
        # one line holds a product, or brings it as a companion of what it holds
        chosen[:, companion] += chance * chosen[:, trigger]
        found[likely] += share[likely, None] * (1 - (1 - chosen) ** lines)
    return found


def _followed(
    found: np.ndarray, last: np.ndarray, sequences: pd.DataFrame, products: pd.DataFrame
) -> np.ndarray:
    """Return the probabilities with those of the companions that the order before brings."""
    trigger, companion, chance = _numbers(sequences, products)
    followed = found.copy()
    followed[:, companion] = 1 - (1 - found[:, companion]) * (1 - chance * last[:, trigger])
    return followed


def _numbers(pairs: pd.DataFrame, products: pd.DataFrame) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return planted pairs by the rows of their products, and how likely the second comes with the first."""
    names = pd.Index(products["product"])
    trigger, companion = (names.get_indexer(pairs[side]) for side in ("trigger", "companion"))
    return trigger, companion, pairs["probability"].to_numpy(dtype=np.float64)
