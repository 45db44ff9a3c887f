"""The oracle: the control that answers with the truth, where truth is known.

Chance and status quo are ordinary method files; the oracle reads the solution and so cannot be one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from crmlab.comparison.run import Run
from crmlab.store import digest_of
from crmlab.vocabulary import OK, ORACLE


def with_oracle(problem: Any, runs: Sequence[Run]) -> list[Run]:
    """Return the runs, and the oracle as one more where the truth is known."""
    kind = runs[0].kind if runs else "classification"
    answers = oracle_answers(problem, kind)
    if answers is None:
        return list(runs)
    key = oracle_key(problem.facts["digest"])
    inner = oracle_inner(problem) if any(r.inner is not None for r in runs) else None
    known = Run(f"{kind}/{ORACLE}", "Oracle (the truth)", ORACLE, {}, key, OK, answers=answers, inner=inner)
    return [*runs, known]


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
