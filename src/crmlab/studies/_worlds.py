"""What studies share: a labelled problem with one hold-out, and methods that answer it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from sklearn.ensemble import RandomForestClassifier

from crmlab import folds, registry
from crmlab.harness import customers_drawn
from crmlab.problem import Problem
from crmlab.run import Run
from crmlab.score import score
from crmlab.seeds import generator, seed_of
from crmlab.verdict import Verdict, judge
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


def hold_out_world(seed: int, *, n_train: int, n_test: int, refits: int) -> Problem:
    """Return a world of customers whose outcome depends on four of six columns, and on a product.

    The first n_train rows train; the hold-out has `refits` refits. The base rate is near .3.
    """
    rng, n = generator(seed, "rows"), n_train + n_test
    columns = rng.standard_normal((n, COLUMNS))
    log_odds = -1.1 + columns @ COEFFICIENTS + 0.5 * columns[:, 0] * columns[:, 1]
    outcome = (rng.random(n) < 1 / (1 + np.exp(-log_odds))).astype(np.int64)
    split = folds.chronological(pd.Series(np.arange(n)), train_share=n_train / n, refits=refits)
    return problem_of(columns, outcome, split, "chronological")


def forest(problem: Problem, name: str, *, seed: int, trees: int) -> Run:
    """Return the run of a random forest whose seed depends on its name, the window and the refit."""
    return answered(
        problem,
        name,
        lambda fold: RandomForestClassifier(
            trees, min_samples_leaf=5, random_state=seed_of(seed, name, fold.window, fold.refit), n_jobs=1
        ),
    )


def answered(
    problem: Problem, name: str, make: Callable[[Any], Any], *, share: tuple[int, int] = (0, 1)
) -> Run:
    """Return the run of a method: `make(fold)` gives a fresh classifier for each fold.

    As in the harness, a refit is fitted on a bootstrap sample of its train rows. share: (i, n) for
    a method that is given every n-th train row only, beginning with the i-th.
    """
    columns = [c for c in problem.rows if c != "row_id"]
    parts = []
    for number in problem.fold_numbers():
        fold = problem.fold(number)
        taken = np.arange(share[0], len(fold.train_rows), share[1])
        if fold.refit:
            taken = taken[customers_drawn(pd.Series(taken), seed_of(0, name, fold.refit))]
        train = fold.train_rows[columns].to_numpy()[taken]
        model = make(fold).fit(train, fold.train_outcomes["outcome"].to_numpy()[taken])
        chance = model.predict_proba(fold.test_rows[columns].to_numpy())[:, 1]
        parts.append(pd.DataFrame({"fold": number, "row_id": fold.test_row_ids, "score": chance}))
    answers = pd.concat(parts, ignore_index=True)
    return Run(f"classification/{name}", name, None, {}, name, OK, answers=answers)


def judged(problem: Problem, runs: list[Run], *, seed: int) -> tuple[Verdict, pd.DataFrame, pd.DataFrame]:
    """Score and judge runs by AUC; return the verdict, the values and the pairs."""
    scored = score(problem, runs, [METRIC], {}, level=LEVEL, replicates=REPLICATES, seed=seed)
    pairs, metric = scored.pairs[METRIC], registry.find("metrics", METRIC)
    verdict = judge(runs, scored.values, pairs, metric, chance=scored.chance[METRIC], level=LEVEL)
    return verdict, scored.values, pairs
