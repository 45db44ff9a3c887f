"""The oracle: the control that answers with the truth, where truth is known.

Chance and status quo are ordinary method files; the oracle reads the solution and so cannot be one.
"""

from __future__ import annotations

from typing import Any

import pandas as pd

from crmlab.store import digest_of
from crmlab.vocabulary import ORACLE


def oracle_answers(problem: Any, kind: str) -> pd.DataFrame | None:
    """Return the true probabilities (or segments) of every fold's test rows, or None if unknown."""
    if "truth" not in problem.solution:
        return None
    truth = problem.solution.set_index("row_id")["truth"]
    if kind == "clustering":
        codes, _ = pd.factorize(truth, sort=True)
        truth = pd.Series(codes, index=truth.index)
    tests = problem.folds[problem.folds["part"] == "test"]
    column = "segment" if kind == "clustering" else "score"
    answers = tests[["fold", "row_id"]].reset_index(drop=True)
    return answers.assign(**{column: truth.loc[answers["row_id"]].to_numpy()})


def oracle_inner(problem: Any) -> pd.DataFrame:
    """Return the true probabilities of every fold's train rows: the oracle's inner hold-out."""
    truth = problem.solution.set_index("row_id")["truth"]
    train = problem.folds.loc[problem.folds["part"] == "train", ["fold", "row_id"]].reset_index(drop=True)
    return train.assign(score=truth.loc[train["row_id"]].to_numpy())


def oracle_key(problem_digest: str) -> str:
    """Return the oracle's run key: it depends on the problem alone."""
    return digest_of([ORACLE, problem_digest])[:20]
