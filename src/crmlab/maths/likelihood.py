"""Maximum likelihood over positive parameters, with standard errors and an honest convergence check."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize

from crmlab.errors import CrmlabError

EDGES = (-7.0, 8.0)
"""Bounds of the log parameters, .0009 to 2,981.

Beyond them a shape is 0 or without spread, and the likelihood is flat: along Pareto/NBD's ridge of
constant s / beta it gains .1 on 2,818 customers from here to infinity, at ten times the cost.
"""

FLAT = 1e-6
"""The largest gradient of the mean log-likelihood, per log parameter, that counts as a maximum."""


@dataclass(frozen=True)
class Estimate:
    """A maximum of the likelihood.

    parameters, standard_errors: (k,), in the parameters' own units; an error is nan where the
    likelihood is flat or its maximum lies at a bound. log_likelihood: summed over the rows.
    """

    parameters: np.ndarray
    standard_errors: np.ndarray
    log_likelihood: float


def maximise(
    log_likelihood: Callable[..., np.ndarray], counts: np.ndarray, starts: list[list[float]], *, what: str
) -> Estimate:
    """Maximise the counted sum of log_likelihood(*parameters), an array of one value per unique row.

    counts: how often each unique row occurs. starts: points to start from; the next one is tried
    where one does not reach a maximum. what: the model's name for the message.
    Raises CrmlabError where no start converges: the gradient there and the parameters are quoted.
    """
    total = counts.sum()

    def loss(logs: np.ndarray) -> float:
        return -float(counts @ log_likelihood(*np.exp(logs))) / total

    for start in starts:
        found = minimize(
            loss,
            np.log(start),
            method="L-BFGS-B",
            jac=lambda logs: _gradient(loss, logs),
            bounds=[EDGES] * len(start),
            options={"ftol": 1e-14, "gtol": FLAT / 10, "maxiter": 500},
        )
        slope = _gradient(loss, found.x)
        inside = (found.x > EDGES[0]) & (found.x < EDGES[1])
        if np.isfinite(found.fun) and np.abs(slope[inside]).max(initial=0.0) < FLAT:
            errors = _standard_errors(loss, found.x, inside, total)
            return Estimate(np.exp(found.x), errors * np.exp(found.x), -found.fun * total)
    raise CrmlabError(
        f"the {what} fit to {int(total)} customers did not converge: at {np.exp(found.x).round(4).tolist()} "
        f"the gradient is still {np.abs(slope).max():.2g}. Look at the summary for customers without "
        "repeat purchases or with a wrong T_days."
    )


def _gradient(loss: Callable[[np.ndarray], float], at: np.ndarray, step: float = 1e-5) -> np.ndarray:
    """Return the gradient by central differences: error about 1e-10 of the loss."""
    moves = np.eye(len(at)) * step
    return np.array([(loss(at + m) - loss(at - m)) / (2 * step) for m in moves])


def _standard_errors(
    loss: Callable[[np.ndarray], float], at: np.ndarray, inside: np.ndarray, total: float
) -> np.ndarray:
    """Return standard errors of the log parameters from the Hessian, nan at a bound or where flat."""
    free = np.flatnonzero(inside)
    moves = np.eye(len(at))[free] * 1e-3
    hessian = np.array([[_second(loss, at, a, b) for b in moves] for a in moves]) * total
    errors = np.full(len(at), np.nan)
    if len(free) and np.linalg.eigvalsh(hessian).min() > 0:
        errors[free] = np.sqrt(np.diag(np.linalg.inv(hessian)))
    return errors


def _second(loss: Callable[[np.ndarray], float], at: np.ndarray, a: np.ndarray, b: np.ndarray) -> float:
    """Return one entry of the Hessian by central differences along the moves a and b."""
    around = loss(at + a + b) - loss(at + a - b) - loss(at - a + b) + loss(at - a - b)
    return around / (4 * a.sum() * b.sum())
