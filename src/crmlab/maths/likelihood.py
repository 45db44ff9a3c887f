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

NEAR = (1e-8, 1e-14)
"""The relative change of the mean log-likelihood at which Newton steps take over from the search.

The second search goes on from where the steps have led, if that is no maximum.
"""

STEPS = 12
"""Newton steps at most: each squares the distance while the second derivatives are those of its place."""

STILL = 1e-9
"""The length of a Newton step, in coordinates, that is not worth taking."""

SHORT = 1e-2
"""The longest Newton step that may be left at a maximum.

Towards a maximum at infinity the likelihood gets ever flatter, but the steps no shorter.
"""

SAME = 1e-4
"""The way, in coordinates, on which second derivatives are taken to stay as they are."""

Sloped = Callable[[np.ndarray], tuple[float, np.ndarray]]
"""A function's value and its gradient (k,) at coordinates (k,)."""

Curvature = Callable[[np.ndarray], np.ndarray]
"""The second derivatives (k, k) of a function at coordinates (k,)."""


@dataclass(frozen=True)
class Objective:
    """A log-likelihood summed over customers, at coordinates: log parameters, then coefficients.

    Without a hessian of its own it is by differences of the gradient.
    """

    value: Sloped
    hessian: Curvature | None = None


@dataclass(frozen=True)
class Estimate:
    """A maximum of the likelihood.

    parameters, standard_errors: (k,), in the parameters' own units; an error is nan where the
    maximum lies at a bound. Of a positive parameter, the error of its logarithm is standard_error /
    parameter. log_likelihood: summed over the rows.
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

    return ascend(Objective(objective), starts, total=float(counts.sum()), what=what)


def ascend(
    objective: Objective,
    starts: list[list[float]],
    *,
    total: float,
    what: str,
    coefficients: int = 0,
) -> Estimate:
    """Maximise a summed log-likelihood whose gradient is known.

    starts: parameters to start from, in their own units, the coefficients last; the next one is
    tried where one does not reach a maximum. total: the number of customers in the sum. what: the
    model's name for the message. coefficients: how many of the parameters may have either sign.
    Raises DidNotConverge where no start converges: the gradient there and the parameters are quoted.
    """
    positive = np.arange(len(starts[0])) < len(starts[0]) - coefficients
    edges = np.array([EDGES if p else (-np.inf, np.inf) for p in positive])

    def loss(at: np.ndarray) -> tuple[float, np.ndarray]:
        value, gradient = objective.value(at)
        return -value / total, -gradient / total

    def curvature(at: np.ndarray) -> np.ndarray:
        if objective.hessian is None:
            return _hessian(loss, at)
        return -objective.hessian(at) / total

    for start in starts:
        at = np.where(positive, np.log(np.where(positive, start, 1.0)), start)
        for near in NEAR:
            options = {"ftol": near, "gtol": FLAT / 10, "maxiter": 500}
            found = minimize(loss, at, method="L-BFGS-B", jac=True, bounds=edges, options=options)
            value, at, gradient, curve = _polished(loss, curvature, found, edges)
            free = _free(at, gradient, edges)
            if np.isfinite(value) and _at_maximum(gradient[free], curve[np.ix_(free, free)]):
                scale = np.where(positive, np.exp(np.where(positive, at, 0.0)), 1.0)
                errors = np.full(len(at), np.nan)
                errors[free] = np.sqrt(np.diag(np.linalg.inv(curve[np.ix_(free, free)] * total)))
                return Estimate(np.where(positive, scale, at), scale * errors, -float(value) * total)
    parameters = np.where(positive, np.exp(np.where(positive, at, 0.0)), at)
    steepest = np.abs(gradient).max()
    there = "it is flat, but no maximum" if steepest < FLAT else f"the gradient is still {steepest:.2g}"
    raise DidNotConverge(
        f"the {what} fit to {int(total)} customers did not converge: at {parameters.round(4).tolist()} "
        f"{there}. Look at the summary for customers without repeat purchases or with a wrong T_days."
    )


def _polished(
    loss: Sloped, curvature: Curvature, found: OptimizeResult, edges: np.ndarray
) -> tuple[float, np.ndarray, np.ndarray, np.ndarray]:
    """Return the loss, the place, the gradient and the Hessian after Newton steps from a point found.

    A search by line stops where the loss differs no more in its last digits, which along a ridge is
    far from the maximum; the gradient itself has digits left.
    """
    at, value, gradient = found.x, found.fun, found.jac
    hessian, way = curvature(at), 0.0
    for _ in range(STEPS):
        free = _free(at, gradient, edges)
        slope, curve = gradient[free], hessian[np.ix_(free, free)]
        if not _curved(curve):
            break
        step = np.linalg.solve(curve, slope)
        if np.abs(step).max() < STILL:
            break
        moved = at.copy()
        moved[free] -= step
        moved = np.clip(moved, *edges.T)
        value_there, gradient_there = loss(moved)
        if not np.abs(gradient_there[free]).max() < np.abs(slope).max():
            break
        way += np.abs(moved - at).max()
        at, value, gradient = moved, value_there, gradient_there
        if way > SAME:
            hessian, way = curvature(at), 0.0
    return value, at, gradient, hessian


def by_differences(function: Callable[[np.ndarray], float], at: np.ndarray, step: float = 1e-5) -> np.ndarray:
    """Return the gradient (k,) by central differences: error about 1e-10 of the function."""
    moves = np.eye(len(at)) * step
    return np.array([(function(at + m) - function(at - m)) / (2 * step) for m in moves])


def _free(at: np.ndarray, gradient: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """Return which coordinates (k,) are not held at a bound by the gradient of the loss."""
    lowest, highest = edges.T
    return ((at > lowest) | (gradient < 0)) & ((at < highest) | (gradient > 0))


def _hessian(loss: Sloped, at: np.ndarray, step: float = 1e-3) -> np.ndarray:
    """Return the Hessian (k, k) by central differences of the gradient."""
    moves = np.eye(len(at)) * step
    hessian = np.array([(loss(at + m)[1] - loss(at - m)[1]) / (2 * step) for m in moves])
    return (hessian + hessian.T) / 2


def _at_maximum(slope: np.ndarray, curve: np.ndarray) -> bool:
    """Tell whether the gradient and the Hessian of the loss, where free, are those of a minimum."""
    if not np.abs(slope).max(initial=0.0) < FLAT:
        return False
    return not len(slope) or (_curved(curve) and np.abs(np.linalg.solve(curve, slope)).max() < SHORT)


def _curved(hessian: np.ndarray) -> bool:
    """Tell whether a Hessian is that of a minimum, by all directions."""
    return bool(len(hessian) and np.isfinite(hessian).all() and np.linalg.eigvalsh(hessian).min() > 0)
