"""Halves: how often one learner, given two disjoint halves of the train rows, is said to differ.

The learner is not random, so that other seeds show nothing; only refits on other train rows can show
what a difference owes to the rows that a method happened to be trained on.
"""

from __future__ import annotations

from typing import Any

from lightgbm import LGBMClassifier

from crmlab.studies import AT_MOST, Claim
from crmlab.studies._worlds import answered, hold_out_world, judged

WORLDS = 200
CLAIMS = {"differ": Claim("one learner on two halves of the train rows is said to differ", AT_MOST, 0.05)}


def run_world(seed: int) -> dict[str, Any]:
    """Return whether the halves were told apart, and their difference in AUC."""
    problem = hold_out_world(seed, n_train=1000, n_test=1000)
    runs = [answered(problem, name, _learner, share=(i, 2)) for i, name in enumerate(("even", "odd"))]
    verdict, _, pairs = judged(problem, runs, seed=seed)
    return {"differ": verdict.lead_is_real, "difference": float(pairs["difference"].iloc[0])}


def _learner(window: int, refit: int) -> LGBMClassifier:
    """Return gradient boosting without any randomness."""
    return LGBMClassifier(
        n_estimators=40, num_leaves=7, n_jobs=1, deterministic=True, force_row_wise=True, verbose=-1
    )
