"""What the harness costs: answering a problem through it, beside bare fit and predict."""

from __future__ import annotations

import numpy as np
import pandas as pd
from timing import beside

from crmlab import registry, store
from crmlab.comparison import harness
from crmlab.kinds import Fitting
from crmlab.problems import folds
from crmlab.problems.problem import Problem
from crmlab.vocabulary import NUMERIC

METHOD = "classification/logit"
PARAMETERS = {"C": 1.0}


def main() -> None:
    """Compare both on 5-fold cross-validation of 20,000 rows and 20 columns."""
    problem = made_up(20_000, 20)
    columns = list(problem.facts["roles"])
    declared = registry.find("methods", METHOD)

    def through_the_harness():
        return harness.answer_folds(problem, METHOD, PARAMETERS, Fitting(1))

    def bare():
        for number in problem.fold_numbers():
            fold = problem.fold(number)
            outcome = fold.train_outcomes["outcome"].to_numpy()
            model = declared(**PARAMETERS, seed=1).fit(fold.train_rows[columns], outcome)
            model.predict_proba(fold.test_rows[columns])

    beside("Five folds of logistic regression, 20,000 × 20", through_the_harness, bare, repeats=5)


def made_up(n: int, p: int) -> Problem:
    """Return a problem of n rows and p numeric columns."""
    rng = np.random.default_rng(1)
    rows = pd.DataFrame(rng.standard_normal((n, p)), columns=[f"x{i}" for i in range(p)])
    outcome = (rng.random(n) < 1 / (1 + np.exp(-rows["x0"]))).astype(np.int64)
    roles = dict.fromkeys(rows, NUMERIC)
    rows.insert(0, "row_id", np.arange(n))
    split = folds.cross_validation(outcome.to_numpy(), folds=5, seed=1)
    solution = pd.DataFrame({"row_id": rows["row_id"], "outcome": outcome})
    facts = {"roles": roles, "folds": split.facts, "digest": store.digest(rows)}
    return Problem("bench", "made_up", {}, rows, split.frame, solution, facts)
