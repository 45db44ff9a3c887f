"""Coverage: how often the interval of an AUC holds the population's AUC, known in closed form.

Two classes of normal rows with one covariance: a linear score w·x has the AUC
Φ(w·δ / (√2 |w|)) for class means δ apart and identity covariance (a normal difference of scores).
A hold-out asks for the AUC of the model that was fitted; cross-validation for the mean AUC over
training sets of the size that it trains on.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import norm
from sklearn.linear_model import LogisticRegression

from crmlab.problems import folds
from crmlab.problems.problem import Problem
from crmlab.seeds import generator
from crmlab.studies import AT_LEAST, EQUAL, Claim
from crmlab.studies._worlds import answered, judged, problem_of

WORLDS = 200
CLAIMS = {
    "hold_out_covers": Claim("the bootstrap interval of a hold-out holds the true AUC", EQUAL, 0.95),
    # the correction is conservative by design: it assumes more overlap than there is
    "cross_validation_covers": Claim("the corrected interval of cross-validation holds it", AT_LEAST, 0.95),
}
APART = np.array([0.7, 0.4, 0.2, 0.0, 0.0])
BASE_RATE = 0.3
N_TRAIN, N_TEST = 500, 1000
N_FOLDED, PARTS, REPEATS = 600, 5, 2


def run_world(seed: int) -> dict[str, Any]:
    """Return whether each interval covers its truth, with the estimate and the truth."""
    columns, outcome = _rows(generator(seed, "hold_out"), N_TRAIN + N_TEST)
    order = pd.Series(np.arange(len(outcome)))
    split = folds.chronological(order, train_share=N_TRAIN / len(order))
    held = _interval(problem_of(columns, outcome, split, "chronological"), seed)
    fitted = _learner().fit(columns[:N_TRAIN], outcome[:N_TRAIN])
    held_truth = _area(fitted.coef_[0])

    columns, outcome = _rows(generator(seed, "cross_validation"), N_FOLDED)
    split = folds.cross_validation(outcome, folds=PARTS, repeats=REPEATS, seed=seed)
    folded = _interval(problem_of(columns, outcome, split, "cross_validation"), seed)
    folded_truth = expected_area(N_FOLDED * (PARTS - 1) // PARTS)
    return _outcome("hold_out", held, held_truth) | _outcome("cross_validation", folded, folded_truth)


@cache
def expected_area(n_train: int, fits: int = 400) -> float:
    """Return the mean population AUC of models fitted to n_train rows (standard error below .0003)."""
    worlds = (_rows(generator(0, "expected_area", i), n_train) for i in range(fits))
    return float(np.mean([_area(_learner().fit(*world).coef_[0]) for world in worlds]))


def _outcome(name: str, interval: pd.Series, truth: float) -> dict[str, Any]:
    """Return the outcomes of one interval."""
    covers = bool(interval["lower"] <= truth <= interval["upper"])
    return {
        f"{name}_covers": covers,
        f"{name}_error": float(interval["value"] - truth),
        f"{name}_width": float(interval["upper"] - interval["lower"]),
    }


def _interval(problem: Problem, seed: int) -> pd.Series:
    """Return the value and interval of logistic regression on a problem."""
    logit = answered(problem, "logit", lambda window, refit: _learner(), refits=0)
    _, values, _ = judged(problem, [logit], seed=seed)
    return values.iloc[0]


def _rows(rng: np.random.Generator, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Return columns (n, p) and outcomes (n,) of 0 and 1."""
    outcome = (rng.random(n) < BASE_RATE).astype(np.int64)
    return rng.standard_normal((n, len(APART))) + outcome[:, None] * APART, outcome


def _area(weights: np.ndarray) -> float:
    """Return the population AUC of the score weights·x."""
    return float(norm.cdf(weights @ APART / (np.sqrt(2) * np.linalg.norm(weights))))


def _learner() -> LogisticRegression:
    """Return an unfitted logistic regression without a penalty to speak of."""
    return LogisticRegression(C=1e6, solver="newton-cholesky")
