"""False lead: how often one of five equal methods is said to lead, or any two to differ.

The five are one random forest under five names, so their seeds differ and nothing else does. The
best of them on the test rows is picked from the same rows that judge it.
"""

from __future__ import annotations

from typing import Any

from crmlab.studies import AT_MOST, Claim
from crmlab.studies._worlds import forest, hold_out_world, judged

WORLDS = 200
METHODS = 5
CLAIMS = {
    "lead_is_real": Claim("the best of five equal methods is said to have a real lead", AT_MOST, 0.05),
    "any_pair_differs": Claim("any two of five equal methods are said to differ", AT_MOST, 0.05),
}


def run_world(seed: int) -> dict[str, Any]:
    """Return whether a lead was called real, whether any pair was called different, the widest lead."""
    problem = hold_out_world(seed, n_train=500, n_test=1000)
    runs = [forest(problem, f"forest_{i}", seed=seed, trees=10) for i in range(METHODS)]
    verdict, _, pairs = judged(problem, runs, seed=seed)
    return {
        "lead_is_real": verdict.lead_is_real,
        "any_pair_differs": bool(((pairs["lower"] > 0) | (pairs["upper"] < 0)).any()),
        "largest_difference": float(pairs["difference"].abs().max()),
    }
