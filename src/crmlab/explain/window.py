"""The last window of a comparison of classifiers: what explanations are learned from and judged on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from crmlab.errors import NotApplicable
from crmlab.problems.coming_back import outcome_word
from crmlab.problems.problem import Problem
from crmlab.vocabulary import CATEGORICAL, CHANCE, NUMERIC, OK, ORACLE

if TYPE_CHECKING:
    from crmlab.comparison.compare import Comparison
    from crmlab.comparison.run import Run

BOOSTING = "classification/explainable_boosting"
"""The method whose curves can be read."""


@dataclass(frozen=True)
class LastWindow:
    """The train and test rows of the window whose model is kept, with what happened.

    train, test: frames of the columns that a classifier is handed. train_outcome (n,) and
    test_outcome (m,): 0 and 1. customers: (m,), whose test row it is.
    """

    train: pd.DataFrame
    train_outcome: np.ndarray
    test: pd.DataFrame
    test_outcome: np.ndarray
    customers: np.ndarray
    roles: Mapping[str, str]
    seed: int
    level: float = 0.95
    people: str = "customers"
    positive: str = "positive"
    """What an outcome of 1 is called."""
    rows: str = "the test period"
    """What the test rows are called."""

    def columns(self, role: str) -> list[str]:
        """Return the columns of a role, in order."""
        return [c for c in self.train if self.roles[c] == role]

    @property
    def base_rate(self) -> float:
        """The rate of 1s in the test rows."""
        return float(self.test_outcome.mean())


def last_window(comparison: Comparison) -> LastWindow:
    """Return the window of a comparison whose models are kept.

    Raises NotApplicable where its train or test rows hold a single class.
    """
    problem = comparison.problem
    return of_problem(problem, seed=comparison.seed, level=comparison.level)


def of_problem(problem: Problem, *, seed: int, level: float = 0.95) -> LastWindow:
    """Return the last window of a problem, as its first fit saw it."""
    fold = problem.last_fold()
    roles = {c: r for c, r in problem.facts["roles"].items() if r in (NUMERIC, CATEGORICAL)}
    outcome = problem.solution["outcome"].to_numpy()[fold.test_row_ids]
    known = fold.train_outcomes["outcome"].to_numpy()
    for part, labels in (("train", known), ("test", outcome)):
        if len(np.unique(labels)) < 2:
            raise NotApplicable(f"the {part} rows of the last window hold one class: nothing to explain")
    return LastWindow(
        train=fold.train_rows[list(roles)],
        train_outcome=known,
        test=fold.test_rows[list(roles)],
        test_outcome=outcome,
        customers=fold.test_rows["customer"].to_numpy(),
        roles=roles,
        seed=seed,
        level=level,
        people="prospects" if problem.task == "acquisition" else "customers",
        positive=outcome_word(problem),
        rows="the test period" if problem.protocol.in_time else "the last fold's test rows",
    )


def explained(comparison: Comparison) -> list[Run]:
    """Return the runs that are explained: the champion, and the explainable boosting machine.

    In place of a champion that is no classifier, and so has no columns, the best classifier (see
    `explaining`). Raises NotApplicable where no classifier answered.
    """
    champion = comparison.verdict.champion
    first = explaining(comparison, comparison.run_of(champion) if champion else None)
    runs = [first] if first else []
    runs += [r for r in comparison.runs if r.method == BOOSTING and r.status == OK]
    if not runs:
        raise NotApplicable(f"{comparison.task}/{comparison.name} has no classifier to explain")
    return list({r.method: r for r in runs}.values())


def explaining(comparison: Comparison, run: Run | None = None) -> Run | None:
    """Return the run whose columns explain: `run` itself, if a classifier, else the best one, else None.

    Neither chance nor an oracle explains anything.
    """
    runs = [*([run] if run else []), *(comparison.run_of(m) for m in comparison.order())]
    able = (r for r in runs if r.status == OK and r.kind == "classification")
    return next((r for r in able if r.control not in (CHANCE, ORACLE)), None)


def stand_in(comparison: Comparison) -> str:
    """Return why not the champion is explained, nothing where it is a classifier."""
    champion = comparison.verdict.champion
    if champion is None or comparison.run_of(champion).kind == "classification":
        return ""
    return (
        f"the champion, {comparison.run_of(champion).label}, is no classifier and has no columns to explain"
    )


def boosting(comparison: Comparison) -> Run | None:
    """Return the run of the explainable boosting machine, None where it has none that ended well."""
    runs: list[Any] = [r for r in comparison.runs if r.method == BOOSTING and r.status == OK and r.details]
    return runs[0] if runs else None
