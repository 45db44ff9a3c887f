"""Planted pairs: which share of the bundles and sequences that a shop holds are found beyond chance.

Each world is a simulated shop of which half the baskets propose and half test. A bundle's companion is added
to 8 of 100 baskets with its trigger, a sequence's to 30 of 100 baskets that follow. Bundles whose raw lift in
the test window is 3 or less, which types and prices alone bring about, are not counted; the rest is counted
whether it was proposed or not.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from crmlab.findings.associations import product_rules, product_sequences
from crmlab.studies import AT_LEAST, MeanClaim
from crmlab.studies._shops import Planted, shop

WORLDS = 20
DEFAULT_TIER = 0
TEST_BASKETS = 20_000
BUNDLE_PROBABILITY = 0.08
SUPPORT = 0.0003
NULL_WORLDS = 39
RAW_LIFT = 3.0
"""Above it a planted bundle counts."""

SMALL = {"test_baskets": 2_500, "bundle_probability": 0.25, "support": 0.002, "null_worlds": 19}
"""A world of seconds in which bundles are strong enough to be found: the tests', for the study too small."""

CLAIMS = {
    "free": MeanClaim("bundles found among baskets of the same sizes and counts", AT_LEAST, 0.9),
    "week": MeanClaim("bundles found within the week", AT_LEAST, 0.9),
    "customer": MeanClaim("bundles found within the customer", AT_LEAST, 0.7),
    "sequences": MeanClaim("sequences found that neither order nor calendar explains", AT_LEAST, 0.9),
}


def run_world(
    seed: int,
    *,
    test_baskets: int = TEST_BASKETS,
    bundle_probability: float = BUNDLE_PROBABILITY,
    support: float = SUPPORT,
    null_worlds: int = NULL_WORLDS,
) -> dict[str, Any]:
    """Return the share of planted bundles that each null leaves, and of sequences that survive both."""
    planted = shop(seed, baskets=2 * test_baskets, bundle_probability=bundle_probability)
    nulls = tuple(product_rules.NULLS)
    rules = product_rules.find(
        planted.lines, support=support, longest=2, nulls=nulls, worlds=null_worlds, seed=seed
    ).table
    counted = [pair for pair in planted.bundles if raw_lift(planted, pair, test_baskets) > RAW_LIFT]
    pairs = [frozenset(items) for items in rules["items"]]
    outcomes: dict[str, Any] = {}
    for null in nulls:
        beyond = {pair for pair, p in zip(pairs, rules[f"p_{null}"], strict=True) if p <= product_rules.LIMIT}
        outcomes[null] = float(np.mean([frozenset(pair) in beyond for pair in counted]))
    found = product_sequences.find(planted.lines, worlds=null_worlds, seed=seed).table
    kept = found[found["survives"]]
    survive = {*zip(kept["first"], kept["then"], strict=True)}
    outcomes["sequences"] = float(np.mean([pair in survive for pair in planted.sequences]))
    return outcomes | {
        "bundles": len(counted),
        "proposed": int(sum(frozenset(pair) in pairs for pair in counted)),
        "surviving_sequences": len(kept),
    }


def raw_lift(planted: Planted, pair: tuple[str, str], baskets: int) -> float:
    """Return the raw lift of a pair in the last so many baskets; 0 where one of the two was not bought."""
    lines = planted.lines
    test = lines[lines["basket"].isin(lines["basket"].drop_duplicates().tail(baskets))]
    one, two = (set(test.loc[test["item"] == item, "basket"]) for item in pair)
    return len(one & two) * baskets / (len(one) * len(two)) if one and two else 0.0
