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

CLAIMS = {
    "free": MeanClaim("bundles found among baskets of the same sizes and counts", AT_LEAST, 0.9),
    "week": MeanClaim("bundles found within the week", AT_LEAST, 0.9),
    "customer": MeanClaim("bundles found within the customer", AT_LEAST, 0.7),
    "sequences": MeanClaim("sequences found that neither order nor calendar explains", AT_LEAST, 0.9),
}


def run_world(seed: int) -> dict[str, Any]:
    """Return the share of planted bundles that each null leaves, and of sequences that survive both."""
    planted = shop(seed, baskets=2 * TEST_BASKETS, bundle_probability=BUNDLE_PROBABILITY)
    nulls = tuple(product_rules.NULLS)
    rules = product_rules.find(
        planted.lines, support=SUPPORT, longest=2, nulls=nulls, worlds=NULL_WORLDS, seed=seed
    ).table
    counted = [pair for pair in planted.bundles if raw_lift(planted, pair) > RAW_LIFT]
    pairs = [frozenset(items) for items in rules["items"]]
    outcomes: dict[str, Any] = {}
    for null in nulls:
        beyond = {pair for pair, p in zip(pairs, rules[f"p_{null}"], strict=True) if p <= product_rules.LIMIT}
        outcomes[null] = float(np.mean([frozenset(pair) in beyond for pair in counted]))
    found = product_sequences.find(planted.lines, worlds=NULL_WORLDS, seed=seed).table
    kept = found[found["survives"]]
    survive = {*zip(kept["first"], kept["then"], strict=True)}
    outcomes["sequences"] = float(np.mean([pair in survive for pair in planted.sequences]))
    return outcomes | {
        "bundles": len(counted),
        "proposed": int(sum(frozenset(pair) in pairs for pair in counted)),
        "surviving_sequences": len(kept),
    }


def raw_lift(planted: Planted, pair: tuple[str, str]) -> float:
    """Return the raw lift of a pair in the test window; 0 where one of the two was not bought."""
    lines = planted.lines
    test = lines[lines["basket"].isin(lines["basket"].drop_duplicates().tail(TEST_BASKETS))]
    one, two = (set(test.loc[test["item"] == item, "basket"]) for item in pair)
    return len(one & two) * TEST_BASKETS / (len(one) * len(two)) if one and two else 0.0
