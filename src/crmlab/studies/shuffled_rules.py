"""Shuffled rules: how often any rule between products survives where baskets were dealt by chance.

In each world the baskets of one simulated shop are shuffled, sizes and counts kept, before any rule is
mined: what was planted is gone, and nothing is true.
"""

from __future__ import annotations

from typing import Any

from crmlab.explain.basket_coding import coded
from crmlab.findings.associations import product_rules
from crmlab.maths.mining import swaps
from crmlab.seeds import seed_of
from crmlab.studies import AT_MOST, Claim
from crmlab.studies._shops import lines_of, one_shop

WORLDS = 500
BASKETS = 2_000
NULL_WORLDS = 19
"""The fewest with which a p-value of .05 is possible: the test is exact with any number."""

CLAIMS = {
    f"any_beyond_{null}": Claim(
        f"any itemset is beyond the null '{null}' among shuffled baskets", AT_MOST, 0.05
    )
    for null in product_rules.NULLS
} | {"any_survives": Claim("any rule survives among shuffled baskets", AT_MOST, 0.05)}


def run_world(seed: int) -> dict[str, Any]:
    """Return whether any itemset is beyond each null, any rule survives all, and how many there are."""
    planted = one_shop(baskets=BASKETS, extra_lines=3.0)
    made = coded(planted.lines)
    (world,) = swaps.worlds(made.baskets, 1, seed=seed_of(seed, "shuffled"))
    lines = lines_of(world, planted.lines, made.items)
    nulls = tuple(product_rules.NULLS)
    found = product_rules.find(lines, support=0.0025, nulls=nulls, worlds=NULL_WORLDS, seed=seed)
    beyond = {f"any_beyond_{n}": bool((found.table[f"p_{n}"] <= product_rules.LIMIT).any()) for n in nulls}
    return {**beyond, "any_survives": bool(found.table["survives"].any()), "proposed": len(found.table)}
