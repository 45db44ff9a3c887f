"""Vendor's scores: how often random scores that somebody gives are called better than fitted methods.

The scores come without refits, as a vendor's do: nobody can fit them again. Where the outcomes are permuted
there is nothing to know, and nobody is better in truth.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression

from crmlab.comparison.run import Run
from crmlab.problems.problem import Problem
from crmlab.seeds import generator
from crmlab.studies import AT_MOST, Claim
from crmlab.studies._worlds import answered, hold_out_world, judged
from crmlab.vocabulary import OK

WORLDS = 500
GIVEN = "classification/given_scores"
CLAIMS = {
    "better_on_signal": Claim("random scores are called better where there is a signal", AT_MOST, 0.0),
    "better_on_noise": Claim("random scores are called better where outcomes are permuted", AT_MOST, 0.05),
}


def run_world(seed: int) -> dict[str, Any]:
    """Return whether random scores were called better, with a signal and with permuted outcomes."""
    problem = hold_out_world(seed, n_train=500, n_test=1000)
    rng = generator(seed, "permuted")
    shuffled = problem.solution.assign(outcome=rng.permutation(problem.solution["outcome"]))
    noise = replace(problem, solution=shuffled)
    found = {"better_on_signal": problem, "better_on_noise": noise}
    return {name: _is_better(world, seed) for name, world in found.items()}


def _is_better(problem: Problem, seed: int) -> bool:
    """Return whether random scores are called better than two fitted methods."""
    columns = [c for c in problem.rows if c != "row_id"]
    runs = [
        answered(problem, "logit", lambda window, refit: LogisticRegression()),
        answered(problem, "logit_of_two", lambda window, refit: LogisticRegression(), columns=columns[:2]),
        _given(problem, seed),
    ]
    verdict, _, _ = judged(problem, runs, seed=seed)
    return bool(verdict.champion == GIVEN and verdict.lead_is_real)


def _given(problem: Problem, seed: int) -> Run:
    """Return the run of somebody's random scores."""
    parts = []
    for number in problem.fold_numbers():
        row_ids = problem.fold(number).test_row_ids
        drawn = generator(seed, "vendor", number).random(len(row_ids))
        parts.append(pd.DataFrame({"fold": number, "row_id": row_ids, "score": np.asarray(drawn)}))
    return Run(GIVEN, "Vendor", None, {}, "vendor", OK, answers=pd.concat(parts, ignore_index=True))
