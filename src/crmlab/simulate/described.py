"""A shop whose products have words and whose customers like some of them: for studies of new products.

The demo shop's descriptions say a category and a number. Here every product has words of several themes, each
customer likes themes of her own, and some products are new: nobody can buy them before a day.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from crmlab.seeds import generator
from crmlab.simulate.shop import Simulated

THEMES = ("oak", "linen", "nordic", "retro", "floral", "striped", "copper", "velvet", "marine", "rustic")
FILLERS = ("classic", "daily", "gift", "large", "little", "new", "set", "spare", "style", "value")
THEMES_OF_A_PRODUCT = 2


def with_words(
    made: Simulated,
    *,
    launched: pd.Timestamp,
    word_strength: float = 0.0,
    new_share: float = 0.0,
    seed: int,
) -> Simulated:
    """Return the shop with words in its descriptions and products that are sold from a day on.

    word_strength: how much a customer's liking of a theme, a standard normal draw, adds to the log-odds of
    choosing a product with its word; at 0 (the default) nobody chooses by words. new_share: share of the
    products that are launched on that day; 0 by default. With both at 0 the shop is returned as it is.
    Otherwise the product of every line is chosen again among those of its category that are to be had: by a
    popularity (Zipf's law) and the liking of its words; what a line costs stays.
    """
    if word_strength == 0 and new_share == 0:
        return made
    rng = generator(seed, "words")
    products = made.tables["products"].reset_index(drop=True)
    m = len(products)
    themes = np.array([rng.choice(len(THEMES), THEMES_OF_A_PRODUCT, replace=False) for _ in range(m)])
    filler = rng.choice(FILLERS, (m, 2))
    has = np.zeros((m, len(THEMES)))
    np.put_along_axis(has, themes, 1.0, axis=1)
    new = rng.permutation(m) < round(new_share * m)
    popularity = -0.8 * np.log(rng.permutation(m) + 6.0)
    lines = made.tables["transactions"].copy()
    customer, names = pd.factorize(lines["customer"].fillna(lines["order_id"]))
    liking = word_strength * rng.standard_normal((len(names), len(THEMES)))
    category = pd.factorize(products["category"])[0]
    of_line = category[pd.Index(products["product"]).get_indexer(lines["product"])]
    early = (lines["timestamp"] < launched).to_numpy()
    chosen = np.zeros(len(lines), dtype=np.int64)
    for code in range(category.max() + 1):
        row, mine = np.flatnonzero(of_line == code), np.flatnonzero(category == code)
        utility = popularity[mine] + liking[customer[row]] @ has[mine].T
        utility = np.where(early[row][:, None] & new[mine], -np.inf, utility)
        chosen[row] = mine[np.argmax(utility + rng.gumbel(size=utility.shape), axis=1)]
    lines["product"] = products["product"].to_numpy()[chosen]
    texts = [
        f"{a} {category} {THEMES[one]} {b} {THEMES[two]}"
        for (one, two), (a, b), category in zip(themes, filler, products["category"], strict=True)
    ]
    described = products.assign(description=pd.array(texts, dtype="str"))
    truth = made.truth | {"new": described.loc[new, ["product"]].reset_index(drop=True)}
    return Simulated(made.tables | {"transactions": lines, "products": described}, truth)
