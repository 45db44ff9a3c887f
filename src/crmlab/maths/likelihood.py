"""Maximum likelihood with standard errors and an honest convergence check.

Positive parameters are searched on the log scale; coefficients, which may have either sign, as
they are.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.optimize import OptimizeResult, minimize

from crmlab.maths.convergence import DidNotConverge

EDGES = (-7.0, 8.0)
"""Bounds of the log parameters, .0009 to 2,981.

Beyond them a shape is 0 or without spread, and the likelihood is flat: along Pareto/NBD's ridge of
constant s / beta it gains .1 on 2,818 customers from here to infinity, at ten times the cost.
"""

FLAT = 1e-6
"""The largest gradient of the mean log-likelihood, per coordinate, that counts as a maximum."""

NEAR = 1e-14
"""The relative change of the mean log-likelihood at which Newton steps take over from the search."""

STEPS = 6
"""Newton steps at most: each squares the distance."""

Objective = Callable[[np.ndarray], tuple[float, np.ndarray]]
"""The summed log-likelihood and its gradient (k,) at coordinates (k,): log parameters, coefficients."""

Hessian = Callable[[np.ndarray], np.ndarray]
"""The second derivatives (k, k) of an objective at coordinates (k,)."""


@dataclass(frozen=True)
class Estimate:
    """A maximum of the likelihood.

    parameters, standard_errors: (k,), in the parameters' own units; an error is nan where the
    likelihood is flat or its maximum lies at a bound. Of a positive parameter, the error of its
    logarithm is standard_error / parameter. log_likelihood: summed over the rows.
    """

    parameters: np.ndarray
    standard_errors: np.ndarray
    log_likelihood: float


def maximise(
    log_likelihood: Callable[..., np.ndarray], counts: np.ndarray, starts: list[list[float]], *, what: str
) -> Estimate:
    """Maximise the counted sum of log_likelihood(*parameters), an array of one value per unique row.

    All parameters are positive; the gradient is taken by differences. counts: how often each unique
    row occurs. starts, what, errors: as of `ascend`.
    """

    def summed(logs: np.ndarray) -> float:
        return float(counts @ log_likelihood(*np.exp(logs)))

    def objective(logs: np.ndarray) -> tuple[float, np.ndarray]:
        return summed(logs), by_differences(summed, logs)

    return ascend(objective, starts, total=float(counts.sum()), what=what)


def ascend(
    objective: Objective,
    starts: list[list[float]],
    *,
    total: float,
    what: str,
    coefficients: int = 0,
    hessian: Hessian | None = None,
) -> Estimate:
    """Maximise a summed log-likelihood whose gradient is known.

    starts: parameters to start from, in their own units, the coefficients last; the next one is
    tried where one does not reach a maximum. total: the number of customers in the sum. what: the
    model's name for the message. coefficients: how many of the parameters may have either sign.
    hessian: of the objective; without it, by differences of the gradient.
    Raises DidNotConverge where no start converges: the gradient there and the parameters are quoted.
    """
    positive = np.arange(len(starts[0])) < len(starts[0]) - coefficients

    def loss(at: np.ndarray) -> tuple[float, np.ndarray]:
        value, gradient = objective(at)
        return -value / total, -gradient / total

    edges = np.array([EDGES if p else (-np.inf, np.inf) for p in positive])

    def curvature(at: np.ndarray) -> np.ndarray:
        if hessian is None:
            return _hessian(loss, at, edges)
        return -hessian(at) / total

    for start in starts:
        begin = np.where(positive, np.log(np.where(positive, start, 1.0)), start)
        options = {"ftol": NEAR, "gtol": FLAT / 10, "maxiter": 500}
        found = minimize(loss, begin, method="L-BFGS-B", jac=True, bounds=edges, options=options)
        value, at, gradient, curve = _polished(loss, curvature, found, edges)
        free = _free(at, edges)
        scale = np.where(positive, np.exp(np.where(positive, at, 0.0)), 1.0)
        parameters = np.where(positive, scale, at)
        if np.isfinite(value) and np.abs(gradient[free]).max(initial=0.0) < FLAT:
            return Estimate(parameters, scale * _errors(curve * total, free), -float(value) * total)
    raise DidNotConverge(
        f"the {what} fit to {int(total)} customers did not converge: at {parameters.round(4).tolist()} "
        f"the gradient is still {np.abs(gradient).max():.2g}. Look at the summary for customers without "
        "repeat purchases or with a wrong T_days."
    )


def _polished(
    loss: Objective, curvature: Hessian, found: OptimizeResult, edges: np.ndarray
) -> tuple[float, np.ndarray, np.ndarray, np.ndarray]:
    """Return the loss, the place, the gradient and the Hessian after Newton steps from a point found.

    A search by line stops where the loss differs no more in its last digits, which along a ridge is
    before the gradient is flat; the gradient itself has digits left.
    """
    at, value, gradient = found.x, found.fun, found.jac
    hessian = curvature(at)
    for _ in range(STEPS):
        free = _free(at, edges)
        slope, curve = gradient[free], hessian[np.ix_(free, free)]
        if np.abs(slope).max(initial=0.0) < FLAT / 10 or not _curved(curve):
            break
        moved = at.copy()
        moved[free] -= np.linalg.solve(curve, slope)
        moved = np.clip(moved, *edges.T)
        value_there, gradient_there = loss(moved)
        if not np.abs(gradient_there[free]).max() < np.abs(slope).max():
            break
        at, value, gradient = moved, value_there, gradient_there
        hessian = curvature(at)
    return value, at, gradient, hessian


def by_differences(function: Callable[[np.ndarray], float], at: np.ndarray, step: float = 1e-5) -> np.ndarray:
    """Return the gradient (k,) by central differences: error about 1e-10 of the function."""
    moves = np.eye(len(at)) * step
    return np.array([(function(at + m) - function(at - m)) / (2 * step) for m in moves])


def _free(at: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """Return which coordinates (k,) are not at a bound."""
    return (at > edges[:, 0]) & (at < edges[:, 1])


def _hessian(loss: Objective, at: np.ndarray, edges: np.ndarray, step: float = 1e-3) -> np.ndarray:
    """Return the Hessian (k, k) by central differences of the gradient, 0 in rows at a bound."""
    hessian = np.zeros((len(at), len(at)))
    for i in np.flatnonzero(_free(at, edges)):
        move = np.zeros(len(at))
        move[i] = step
        hessian[i] = (loss(at + move)[1] - loss(at - move)[1]) / (2 * step)
    return (hessian + hessian.T) / 2


def _curved(hessian: np.ndarray) -> bool:
    """Tell whether a Hessian is that of a minimum, by all directions."""
    return bool(len(hessian) and np.isfinite(hessian).all() and np.linalg.eigvalsh(hessian).min() > 0)


def _errors(information: np.ndarray, free: np.ndarray) -> np.ndarray:
    """Return standard errors (k,) of the coordinates, nan at a bound or where flat."""
    errors, curve = np.full(len(free), np.nan), information[np.ix_(free, free)]
    if _curved(curve):
        errors[free] = np.sqrt(np.diag(np.linalg.inv(curve)))
    return errors
