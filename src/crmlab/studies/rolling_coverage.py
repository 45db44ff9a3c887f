"""Rolling coverage: how often intervals over several windows hold what they say they hold.

Windows share 85 % of their train rows and all their test customers, so that their mean varies much less
than as many windows apart would, and each fit learns from few rows, so that training varies about as much
as testing. Two classes of normal rows with one covariance: the AUC of a linear score is known in closed form.
A first interval is asked for the mean AUC over train and test customers of windows that are all alike; a
second, where windows differ, for what one more window measures. How cross-validation covers is in
`coverage_auc`: the corrected resampled t is conservative by design.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import norm, rankdata

from crmlab.comparison.run import Run
from crmlab.maths.between_windows import another_window
from crmlab.problems.problem import Problem
from crmlab.seeds import generator
from crmlab.studies import AT_LEAST, Claim
from crmlab.studies._worlds import LEVEL, REFITS, judged
from crmlab.vocabulary import OK, TEST, TRAIN

WORLDS = 1000
WINDOWS = (1, 2, 7)
BLOCKS, MONTHS = 5, 7
APART = np.array([0.8, 0.5, 0.3, 0.0, 0.0, 0.0])
COLUMNS = {"six": 6, "four": 4, "two": 2}
"""Methods, and how many columns each is given; the interval of the first is looked at."""

SHARED, OWN, TESTED = 85, 15, 400
"""Rows that train in all windows, rows that train in one alone, and rows that test in each."""

TRAINED = SHARED + OWN

KEPT, SHOCK = 0.8, 0.25
"""How many customers keep their class from the class of all windows, and how windows' effects differ."""

_HOLDS = {
    **{f"of_{w}": f"the interval over {w} windows" for w in WINDOWS},
    "of_blocks": f"the interval over {BLOCKS} blocks, each with test customers of its own,",
}
_NEXT = {
    "next_block": f"the interval for another window, from {BLOCKS} blocks,",
    "next_month": f"the same from {MONTHS} months that share two thirds of their time with the next",
}
CLAIMS = {
    **{f"{n}_covers": Claim(f"{t} holds the mean AUC", AT_LEAST, 0.93) for n, t in _HOLDS.items()},
    **{f"{n}_misses": Claim(f"{t} does not", AT_LEAST, 0.03) for n, t in _HOLDS.items()},
    **{f"{n}_covers": Claim(f"{t} holds what it measures", AT_LEAST, 0.92) for n, t in _NEXT.items()},
    **{f"{n}_misses": Claim(f"{t} does not", AT_LEAST, 0.02) for n, t in _NEXT.items()},
}


@dataclass(frozen=True)
class World:
    """Rows that train in all windows, rows that train in one, and the test rows of each.

    shared: columns (s, p) and outcomes (s,). own, tests: the same per window.
    """

    shared: tuple[np.ndarray, np.ndarray]
    own: list[tuple[np.ndarray, np.ndarray]]
    tests: list[tuple[np.ndarray, np.ndarray]]

    def scores(self, window: int, columns: int, counts: np.ndarray | None = None) -> np.ndarray:
        """Return the scores of a window's test rows by a fit to its train rows; each taken so often."""
        rows, outcome = (np.concatenate(parts) for parts in zip(self.shared, self.own[window], strict=True))
        if counts is not None:
            taken = np.r_[counts[:SHARED], counts[SHARED + window * OWN :][:OWN]]
            rows, outcome = np.repeat(rows, taken, axis=0), np.repeat(outcome, taken)
        weights = discriminant(rows[:, :columns], outcome)
        return self.tests[window][0][:, :columns] @ weights


def run_world(seed: int) -> dict[str, Any]:
    """Return whether each interval holds what it is for."""
    found: dict[str, Any] = {}
    for windows in WINDOWS:
        found |= _of_mean(f"of_{windows}", seed, windows, same=True)
    found |= _of_mean("of_blocks", seed, BLOCKS, same=False)
    blocks = generator(seed, "blocks").standard_normal(BLOCKS + 1)
    found |= _of_next("next_block", seed, blocks, np.eye(BLOCKS), same=False)
    shocks = generator(seed, "months").standard_normal(MONTHS + 2)
    months = (shocks[:-2] + shocks[1:-1] + shocks[2:]) / np.sqrt(3)
    apart = np.abs(np.subtract.outer(np.arange(MONTHS), np.arange(MONTHS)))
    after = generator(seed, "after").standard_normal(1)
    return found | _of_next("next_month", seed, np.r_[months, after], np.maximum(0, 1 - apart / 3), same=True)


def _of_mean(name: str, seed: int, windows: int, *, same: bool) -> dict[str, bool]:
    """Return whether the interval of the mean over windows holds the mean AUC over training sets."""
    world = drawn(generator(seed, "rows", name), np.zeros(windows), same=same)
    runs = [_run(world, method, columns, seed) for method, columns in COLUMNS.items()]
    _, values, _ = judged(_problem(world, same=same), runs, seed=seed)
    own = values.set_index("method").loc[runs[0].method]
    return _told(name, own["lower"], own["upper"], expected_area())


def _of_next(name: str, seed: int, effects: np.ndarray, shared: np.ndarray, *, same: bool) -> dict[str, bool]:
    """Return whether the interval for another window, from all but the last, holds what the last measures."""
    world = drawn(generator(seed, "rows", name), effects, same=same)
    values = np.array([_area(test[1], world.scores(w, len(APART))) for w, test in enumerate(world.tests)])
    found = another_window(values[:-1], shared, level=LEVEL)
    return _told(name, found.lower, found.upper, values[-1])


def _told(name: str, lower: float, upper: float, truth: float) -> dict[str, bool]:
    """Return whether an interval holds the truth, and whether it does not."""
    covers = bool(lower <= truth <= upper)
    return {f"{name}_covers": covers, f"{name}_misses": not covers}


@cache
def expected_area(fits: int = 20_000) -> float:
    """Return the mean population AUC over training sets (standard error below .0003)."""
    rng, found = generator(0, "rolling", "expected"), []
    for _ in range(fits):
        outcome = np.r_[_halves(rng, SHARED), _halves(rng, OWN)]
        weights = discriminant(_columns(rng, outcome), outcome)
        found.append(norm.cdf(weights @ APART / (np.sqrt(2) * np.linalg.norm(weights))))
    return float(np.mean(found))


def discriminant(columns: np.ndarray, outcome: np.ndarray) -> np.ndarray:
    """Return the weights (p,) of Fisher's linear discriminant (1936) of rows (n, p) of two classes."""
    means = [columns[outcome == c].mean(axis=0) for c in (0, 1)]
    within = columns - np.where(outcome[:, None] == 1, means[1], means[0])
    return np.linalg.solve(within.T @ within, means[1] - means[0])


def drawn(rng: np.random.Generator, effects: np.ndarray, *, same: bool) -> World:
    """Return a world of windows with these effects on how far the classes lie apart.

    same: whether the same customers test in all windows, whose classes and columns then share a part.
    """
    usual, lasting = _halves(rng, TESTED), rng.standard_normal((TESTED, len(APART)))
    begun = _halves(rng, SHARED)
    own, tests = [], []
    for effect in effects:
        outcome = _halves(rng, OWN)
        own.append((_columns(rng, outcome, effect), outcome))
        outcome = np.where(rng.random(TESTED) < KEPT, usual, 1 - usual) if same else _halves(rng, TESTED)
        tests.append((_columns(rng, outcome, effect, lasting if same else None), outcome))
    return World((_columns(rng, begun), begun), own, tests)


def _halves(rng: np.random.Generator, n: int) -> np.ndarray:
    """Return n outcomes, half of them 1, in any order."""
    return rng.permutation(np.arange(n) % 2)


def _columns(
    rng: np.random.Generator, outcome: np.ndarray, effect: float = 0.0, lasting: np.ndarray | None = None
) -> np.ndarray:
    """Return columns (n, p): normal, the classes APART · (1 + SHOCK · effect) from each other."""
    noise = rng.standard_normal((len(outcome), len(APART)))
    if lasting is not None:
        noise = (noise + lasting) / np.sqrt(2)
    return noise + (outcome[:, None] - 0.5) * APART * (1 + SHOCK * effect)


def _problem(world: World, *, same: bool) -> Problem:
    """Return the problem of a world; its methods have answered already, so rows have no columns."""
    windows, first = len(world.tests), SHARED + OWN * len(world.tests)
    trained = [f"train {n:04d}" for n in range(first)]
    tested = [f"test {n if same else n + w * TESTED:05d}" for w in range(windows) for n in range(TESTED)]
    rows = pd.DataFrame({"row_id": np.arange(first + windows * TESTED), "customer": trained + tested})
    outcome = np.concatenate([y for _, y in (world.shared, *world.own, *world.tests)])
    folds, facts = [], []
    for w in range(windows):
        train = np.r_[:SHARED, SHARED + w * OWN : SHARED + (w + 1) * OWN]
        for part, ids in ((TRAIN, train), (TEST, _test_ids(windows, w))):
            folds.append(pd.DataFrame({"fold": w, "row_id": ids, "part": part}))
        facts.append({"fold": w, "window": w, "cutoff": None, "n_train": TRAINED, "n_test": TESTED})
    solution = pd.DataFrame({"row_id": rows["row_id"], "outcome": outcome})
    known = {"protocol": "chronological", "folds": facts}
    return Problem("study", "world", {}, rows, pd.concat(folds, ignore_index=True), solution, known)


def _test_ids(windows: int, window: int) -> np.ndarray:
    """Return the numbers of a window's test rows: they follow all train rows."""
    return SHARED + OWN * windows + window * TESTED + np.arange(TESTED)


def _run(world: World, method: str, columns: int, seed: int) -> Run:
    """Return the run of a method: its fit in every window, and refits on the same bootstrap samples."""
    windows = len(world.tests)
    trained = SHARED + OWN * windows
    first, again = [], []
    for refit in range(REFITS + 1):
        # a sample that leaves a class out of the rows of one window cannot occur: 85 are in all
        rng = generator(seed, "sample", refit)
        counts = rng.multinomial(trained, np.full(trained, 1 / trained)) if refit else None
        for w in range(windows):
            place = {"fold": w} | ({"refit": refit} if refit else {})
            score = world.scores(w, columns, counts)
            made = pd.DataFrame(place | {"row_id": _test_ids(windows, w), "score": score})
            (again if refit else first).append(made)
    answers, refits = (pd.concat(p, ignore_index=True) for p in (first, again))
    return Run(f"classification/{method}", method, None, {}, method, OK, answers=answers, refits=refits)


def _area(outcome: np.ndarray, score: np.ndarray) -> float:
    """Return the AUC of scored rows (Mann-Whitney)."""
    ones = outcome.sum()
    above = rankdata(score)[outcome == 1].sum() - ones * (ones + 1) / 2
    return float(above / (ones * (len(outcome) - ones)))
