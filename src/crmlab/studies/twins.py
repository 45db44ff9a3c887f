"""Twins: how often two copies of one random forest with different seeds are said to differ.

A test that knows the test rows alone says so in 17 to 21 % of worlds; refits with other seeds
and other train rows show how much of a difference they make.
"""

from __future__ import annotations

from typing import Any

from crmlab.studies import AT_MOST, Claim
from crmlab.studies._worlds import forest, hold_out_world, judged

WORLDS = 200
CLAIMS = {"differ": Claim("two copies of one forest are said to differ", AT_MOST, 0.05)}


def run_world(seed: int) -> dict[str, Any]:
    """Return whether the twins were told apart, and their difference in AUC."""
    problem = hold_out_world(seed, n_train=500, n_test=1000)
    runs = [forest(problem, name, seed=seed, trees=30) for name in ("castor", "pollux")]
    verdict, _, pairs = judged(problem, runs, seed=seed)
    return {"differ": verdict.lead_is_real, "difference": float(pairs["difference"].iloc[0])}
