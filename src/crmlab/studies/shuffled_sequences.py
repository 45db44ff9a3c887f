"""Shuffled sequences: how often any succession survives where there is none.

In each world the baskets of one simulated shop are shuffled: once each customer's come in another order, once
her items are dealt anew over her baskets by the calendar: what was planted is gone, and nothing is true.
"""

from __future__ import annotations

from typing import Any

from crmlab.errors import NotApplicable
from crmlab.explain.basket_coding import coded
from crmlab.findings.associations import product_sequences
from crmlab.maths.mining import orders
from crmlab.seeds import seed_of
from crmlab.studies import AT_MOST, Claim
from crmlab.studies._shops import lines_of, one_shop

WORLDS = 500
BASKETS = 2_000
NULL_WORLDS = 19
"""The fewest with which a p-value of .05 is possible: the test is exact with any number."""

NULLS = {"order": orders.permuted, "calendar": orders.calendar_dealt}
SHUFFLED = {"order": "where baskets come in another order", "calendar": "where only the calendar is kept"}
CLAIMS = {
    f"{shuffled}_any_survives": Claim(f"any succession survives both nulls {said}", AT_MOST, 0.05)
    for shuffled, said in SHUFFLED.items()
} | {
    f"{shuffled}_any_beyond": Claim(f"any succession is beyond its own null {said}", AT_MOST, 0.05)
    for shuffled, said in SHUFFLED.items()
}


def run_world(seed: int) -> dict[str, Any]:
    """Return, for each way of shuffling, whether any succession survives, or is beyond that null alone."""
    planted = one_shop(baskets=BASKETS, extra_lines=1.2)
    made = coded(planted.lines)
    outcomes = {}
    for name, shuffled in NULLS.items():
        (world,) = shuffled(made.baskets, 1, seed=seed_of(seed, "shuffled", name))
        lines = lines_of(world, planted.lines, made.items)
        try:
            found = product_sequences.find(lines, worlds=NULL_WORLDS, seed=seed)
        except NotApplicable:
            outcomes |= {f"{name}_any_survives": False, f"{name}_any_beyond": False}
            continue
        outcomes[f"{name}_any_survives"] = bool(found.table["survives"].any())
        outcomes[f"{name}_any_beyond"] = found.beyond[name] > 0
    return outcomes
