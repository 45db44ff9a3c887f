"""What studies share: a labelled problem with one hold-out, and methods that answer it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from sklearn.ensemble import RandomForestClassifier

from crmlab import registry
from crmlab.comparison.harness import customers_drawn
from crmlab.comparison.run import Run
from crmlab.comparison.score import score
from crmlab.comparison.verdict import Verdict, judge
from crmlab.problems import folds
from crmlab.problems.problem import Problem
from crmlab.seeds import generator, seed_of
from crmlab.vocabulary import OK

METRIC = "auc"
LEVEL = 0.95
REPLICATES = 300
COLUMNS = 6
COEFFICIENTS = np.array([0.9, -0.6, 0.4, 0.3, 0.0, 0.0])


def problem_of(columns: np.ndarray, outcome: np.ndarray, split: folds.Folds, protocol: str) -> Problem:
    """Return a problem of a matrix (n, p) and outcomes (n,) of 0 and 1; each row is a customer."""
    rows = pd.DataFrame(columns, columns=[f"x{i}" for i in range(columns.shape[1])])
    rows.insert(0, "row_id", np.arange(len(rows), dtype=np.int64))
    solution = pd.DataFrame({"row_id": rows["row_id"], "outcome": outcome})
    facts = {"protocol": protocol, "folds": split.facts}
    return Problem("study", "world", {}, rows, split.frame, solution, facts)


def hold_out_world(seed: int, *, n_train: int, n_test: int) -> Problem:
    """Return a world of customers whose outcome depends on four of six columns, and on a product.

    The first n_train rows train. The base rate is near .3.
    """
    rng, n = generator(seed, "rows"), n_train + n_test
    columns = rng.standard_normal((n, COLUMNS))
    log_odds = -1.1 + columns @ COEFFICIENTS + 0.5 * columns[:, 0] * columns[:, 1]
    outcome = (rng.random(n) < 1 / (1 + np.exp(-log_odds))).astype(np.int64)
    split = folds.chronological(pd.Series(np.arange(n)), train_share=n_train / n)
    return problem_of(columns, outcome, split, "chronological")


REFITS = 4
"""Beside the first fit, as params.yaml has it."""


def forest(problem: Problem, name: str, *, seed: int, trees: int) -> Run:
    """Return the run of a random forest whose seed depends on its name, the window and the refit."""
    return answered(
        problem,
        name,
        lambda window, refit: RandomForestClassifier(
            trees, min_samples_leaf=5, random_state=seed_of(seed, name, window, refit), n_jobs=1
        ),
    )


def answered(
    problem: Problem,
    name: str,
    make: Callable[[int, int], Any],
    *,
    share: tuple[int, int] = (0, 1),
    refits: int = REFITS,
    columns: list[str] | None = None,
) -> Run:
    """Return the run of a method: `make(window, refit)` gives a fresh classifier for each fit.

    As in the harness, a refit is fitted on a bootstrap sample of the customers, the same for every method
    and window. share: (i, n) for a method that is given every n-th train row only, beginning with the i-th.
    columns: what it is given (default: all).
    """
    given = columns or [c for c in problem.rows if c not in ("row_id", "customer")]
    owner = problem.rows["customer" if "customer" in problem.rows else "row_id"]
    refits = 0 if problem.protocol.resampled else refits
    copies = {r: customers_drawn(owner, 0, r) for r in range(1, refits + 1)}
    parts: dict[bool, list[pd.DataFrame]] = {False: [], True: []}
    for number in problem.fold_numbers():
        fold = problem.fold(number)
        rows, outcome = fold.train_rows[given].to_numpy(), fold.train_outcomes["outcome"].to_numpy()
        taken = np.arange(share[0], len(rows), share[1])
        for refit in range(refits + 1):
            drawn = taken
            if refit:
                drawn = np.repeat(taken, copies[refit][owner.iloc[fold.train_rows["row_id"].iloc[taken]]])
            model = make(number, refit).fit(rows[drawn], outcome[drawn])
            score = model.predict_proba(fold.test_rows[given].to_numpy())[:, 1]
            place = {"fold": number} | ({"refit": refit} if refit else {})
            parts[refit > 0].append(pd.DataFrame(place | {"row_id": fold.test_row_ids, "score": score}))
    first, again = (pd.concat(p, ignore_index=True) if p else None for p in parts.values())
    return Run(f"classification/{name}", name, None, {}, name, OK, answers=first, refits=again)


def judged(
    problem: Problem, runs: list[Run], *, seed: int, margin: float = 0.0
) -> tuple[Verdict, pd.DataFrame, pd.DataFrame]:
    """Score and judge runs by AUC; return the verdict, the values and the pairs."""
    scored = score(
        problem, runs, [METRIC], {}, level=LEVEL, replicates=REPLICATES, seed=seed, judging=[METRIC]
    )
    pairs, metric = scored.pairs[METRIC], registry.metric(METRIC)
    verdict = judge(
        runs,
        scored.values,
        pairs,
        metric,
        chance=scored.chance[METRIC],
        level=LEVEL,
        margin=margin,
    )
    return verdict, scored.values, pairs
