"""Retention curves of contracts: how many are still there after each renewal.

Each member cancels at every renewal with a probability of their own, which follows a beta distribution.
The survivor function after t renewals is B(alpha, beta + t^c) / B(alpha, beta): with c = 1 the
shifted-beta-geometric model (Fader and Hardie 2007), else the beta-discrete-Weibull model, in which a
member's own chance to cancel falls (c < 1) or rises (c > 1) with time (Fader, Hardie, Liu, Davin and
Steenburgh 2018).
"""

from __future__ import annotations

import numpy as np
from scipy.special import betaln

from crmlab.maths.likelihood import Estimate, maximise

DAYS_PER_MONTH = 365.25 / 12
SHIFTED_BETA_GEOMETRIC, BETA_DISCRETE_WEIBULL = "shifted-beta-geometric", "beta-discrete-Weibull"
STARTS = ([1.0, 1.0], [0.5, 3.0], [3.0, 3.0], [20.0, 100.0])


def renewals_by(days: np.ndarray) -> np.ndarray:
    """Return how many monthly renewals come before the day that is `days` after a contract's first."""
    return np.floor((days - 0.5) / DAYS_PER_MONTH)


def in_renewals(
    age_days: np.ndarray, duration_days: np.ndarray, event: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return (passed, last), (n,) each, as log_likelihood takes them, of contracts that are renewed monthly.

    age_days: from a contract's first day to the one on which it came under observation. duration_days: the
    day of the observation, from 1, on which it ended (event 1), or up to which it is known to have run.
    """
    passed = renewals_by(age_days)
    # an end lies on a renewal date, which whole months of equal length may miss by a day or two
    ended = np.maximum(np.round((age_days + duration_days - 1) / DAYS_PER_MONTH), passed + 1)
    return passed, np.where(np.asarray(event) > 0, ended, renewals_by(age_days + duration_days))


def log_survivor(renewals: np.ndarray, alpha: float, beta: float, c: float = 1.0) -> np.ndarray:
    """Return the logarithm of the share still there after so many renewals, of any shape."""
    with np.errstate(divide="ignore"):
        # beyond e^600 nobody is left, and e^710 is no number
        time = np.exp(np.minimum(c * np.log(np.asarray(renewals, dtype=np.float64)), 600.0))
    return betaln(alpha, beta + time) - betaln(alpha, beta)


def log_likelihood(
    passed: np.ndarray, last: np.ndarray, event: np.ndarray, alpha: float, beta: float, c: float = 1.0
) -> np.ndarray:
    """Return each row's log-likelihood, (n,), given that it came under observation after `passed` renewals.

    last: (n,) the renewal at which it ended (event 1), above passed; or the last one that it is known to have
    passed (event 0).
    """
    end = log_survivor(last, alpha, beta, c)
    before = log_survivor(np.maximum(last - 1, 0), alpha, beta, c)
    # S(t - 1) - S(t), without the loss of digits where they are near each other
    with np.errstate(divide="ignore"):
        ends_here = before + np.log(-np.expm1(np.where(event > 0, end - before, -1.0)))
    # a step that rounding has made 0 is unlikely, not impossible
    ends_here = np.maximum(ends_here, -700.0)
    return np.where(event > 0, ends_here, end) - log_survivor(passed, alpha, beta, c)


def fit(
    passed: np.ndarray,
    last: np.ndarray,
    event: np.ndarray,
    *,
    model: str = SHIFTED_BETA_GEOMETRIC,
    counts: np.ndarray | None = None,
) -> Estimate:
    """Return the maximum-likelihood estimate of (alpha, beta) or (alpha, beta, c).

    passed, last, event: (n,), as log_likelihood takes them; counts: (n,) how many members a row stands for.
    Raises DidNotConverge where the fit does not converge.
    """
    rows = np.column_stack([passed, last, event]).astype(np.float64)
    counts = np.ones(len(rows)) if counts is None else np.asarray(counts, dtype=np.float64)
    unique, place = np.unique(rows, axis=0, return_inverse=True)
    held = np.bincount(place.ravel(), counts, minlength=len(unique))
    with_c = model == BETA_DISCRETE_WEIBULL
    starts = [[*s, 1.0] if with_c else list(s) for s in STARTS]
    return maximise(Members(*unique.T), held, starts, what=model)


class Members:
    """The log-likelihood of given members as a function of the parameters alone."""

    def __init__(self, passed: np.ndarray, last: np.ndarray, event: np.ndarray):
        self.rows = passed, last, event

    def __call__(self, *parameters: float) -> np.ndarray:
        """Return each row's log-likelihood, (n,)."""
        return log_likelihood(*self.rows, *parameters)
