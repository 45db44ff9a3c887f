"""Planted groups: how often four kinds of customers, the smallest 10 %, are found as four.

At a separation of 6 standard deviations they should be; at 2 they overlap so much that an honest
method says that there is no structure, or shows a partition that does not come again.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from crmlab import registry
from crmlab.maths.structure import pairwise_rand
from crmlab.seeds import seed_of
from crmlab.studies import AT_LEAST, Claim
from crmlab.studies._clouds import four_kinds

WORLDS = 100
METHODS = {"kmeans": "k-means", "gaussian_mixture": "the Gaussian mixture"}
CLEAR, POOR = 6, 2
VALID = 0.75
"""A stability from which a partition is called valid (Hennig 2007)."""

CLAIMS = {
    f"{method}_{outcome}": Claim(f"{said} {text}", AT_LEAST, rate)
    for method, said in METHODS.items()
    for outcome, text, rate in [
        ("finds_four", "finds four groups at 6σ", 0.9),
        ("agrees", "finds them with an adjusted Rand index of .9 at least", 0.9),
        ("is_honest", "says at 2σ that there is no structure, or shows a stability that may be low", 0.95),
    ]
}


def run_world(seed: int) -> dict[str, Any]:
    """Return what each method found at both separations: k, agreement with the truth, stability."""
    outcomes: dict[str, Any] = {}
    for method in METHODS:
        clear, poor = _found(seed, method, CLEAR), _found(seed, method, POOR)
        outcomes |= {
            f"{method}_finds_four": clear["k"] == 4,
            f"{method}_agrees": clear["agreement"] >= 0.9,
            f"{method}_is_honest": poor["k"] == 1 or poor["lower"] < VALID,
        }
        outcomes |= {f"{method}_clear_{name}": value for name, value in clear.items()}
        outcomes |= {f"{method}_poor_{name}": value for name, value in poor.items()}
    return outcomes


def _found(seed: int, method: str, separation: float) -> dict[str, Any]:
    """Return k, the agreement with the truth, and, of several segments, the interval of stability."""
    rows, kind = four_kinds(seed, separation=separation)
    model = registry.find("methods", f"clustering/{method}")(seed=seed_of(seed, method)).fit(rows)
    found = {"k": model.k_, "agreement": float(pairwise_rand(np.array([kind, model.predict(rows)]))[0, 1])}
    for at_k in model.details_["choice"]["curve"]:
        if at_k["k"] == model.k_:
            half = 1.96 * at_k["stability_se"]
            found |= {"lower": at_k["stability"] - half, "upper": at_k["stability"] + half}
    return found
