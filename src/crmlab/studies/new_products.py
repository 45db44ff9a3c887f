"""New products: how often their content finds more buyers than chance and than the favourite category.

In each world a shop has products whose descriptions have words, customers who like some of the words, and
products that are launched on the first day of the test window.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from crmlab.findings.trust import new_products
from crmlab.studies import AT_LEAST, Claim
from crmlab.studies._shops import described_shop

WORLDS = 50
LAUNCHED = pd.Timestamp("2024-07-01")
HORIZON_DAYS = 90
STRENGTH, SHARE = 1.0, 0.2
"""How much liking a word counts beside popularity, and which share of the products is new."""

CLAIMS = {
    "beats_random": Claim("content finds more than random among new products", AT_LEAST, 0.9),
    "beats_favourite": Claim("content finds more than the favourite category at random", AT_LEAST, 0.9),
}


def run_world(seed: int) -> dict[str, Any]:
    """Return the recalls of content, chance and the favourite category, and whether content is ahead."""
    shop = described_shop(seed, launched=LAUNCHED, word_strength=STRENGTH, new_share=SHARE)
    found = new_products.on_lines(
        shop.lines, shop.products, [f"{LAUNCHED:%Y-%m-%d}"], HORIZON_DAYS, seed=seed
    )
    recall = found.table.set_index("method")["recall"]
    content, rivals = float(recall[new_products.CONTENT]), ("random", "favourite")
    return {
        **{f"beats_{rival}": bool(content > recall[rival]) for rival in rivals},
        "content": content,
        **{rival: float(recall[rival]) for rival in rivals},
        "words": float(recall["words"]),
        "judged": int(np.sum(found.windows["judged"])),
    }
