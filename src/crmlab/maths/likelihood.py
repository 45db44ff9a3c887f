"""Maximum likelihood with standard errors and an honest convergence check.

Positive parameters are searched on the log scale; coefficients, which may have either sign, as
they are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
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

NEAR, LAST = 1e-8, 1e-14
"""The relative change of the mean log-likelihood at which Newton steps take over from a search.

A first search ends near a maximum; only one that did not lead to it goes on to the last digits.
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

    Without a hessian of its own it is by differences of the gradient, of a step that is wide enough for the
    digits that the gradient has.
    """

    value: Sloped
    hessian: Curvature | None = None
    step: float = 1e-3

    @classmethod
    def by_differences(cls, function: Callable[[np.ndarray], float]) -> Objective:
        """Return the objective of a function without a gradient of its own."""
        return cls(lambda at: (function(at), by_differences(function, at)), step=1e-2)


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

    return ascend(Objective.by_differences(summed), starts, total=float(counts.sum()), what=what)


def ascend(
    objective: Objective,
    starts: list[list[float]],
    *,
    total: float,
    what: str,
    coefficients: int = 0,
) -> Estimate:
    """Maximise a summed log-likelihood.

    starts: parameters to start from, in their own units, the coefficients last; the next one is
    tried where one does not reach a maximum. total: the number of customers in the sum. what: the
    model's name for the message. coefficients: how many of the parameters may have either sign.
    Raises DidNotConverge where no start reaches a maximum, or a coefficient has none: the parameters where
    the last search ended are quoted, and the gradient there.
    """
    positive = np.arange(len(starts[0])) < len(starts[0]) - coefficients
    edges = np.array([EDGES if p else (-np.inf, np.inf) for p in positive])

    def loss(at: np.ndarray) -> tuple[float, np.ndarray]:
        value, gradient = objective.value(at)
        return -value / total, -gradient / total

    def curvature(at: np.ndarray) -> np.ndarray:
        if objective.hessian is None:
            return _hessian(loss, at, objective.step)
        return -objective.hessian(at) / total

    begins = [np.where(positive, np.log(np.where(positive, start, 1.0)), start) for start in starts]
    flat = None
    for place in _places(loss, curvature, begins, edges):
        if place.is_maximum():
            return place.estimate(positive, total)
        if place.is_flat() and not coefficients:
            # held by the bounds: a ridge, on which one point is as good as another
            flat = flat or place
    if flat:
        return flat.estimate(positive, total)
    there = (
        "it is flat, but no maximum" if place.is_flat() else f"the gradient is still {place.steepest():.2g}"
    )
    parameters = np.where(positive, np.exp(np.where(positive, place.at, 0.0)), place.at)
    raise DidNotConverge(
        f"the {what} fit to {int(total)} customers did not converge: at {parameters.round(4).tolist()} "
        f"{there}. Look at the summary for customers without repeat purchases or with a wrong T_days."
    )


@dataclass(frozen=True)
class _Place:
    """Where a search and its Newton steps ended, with the mean loss, its gradient and Hessian there."""

    at: np.ndarray
    value: float
    gradient: np.ndarray
    hessian: np.ndarray
    edges: np.ndarray

    @property
    def free(self) -> np.ndarray:
        """Which coordinates (k,) the gradient does not hold at a bound."""
        lowest, highest = self.edges.T
        return ((self.at > lowest) | (self.gradient < 0)) & ((self.at < highest) | (self.gradient > 0))

    @property
    def slope(self) -> np.ndarray:
        """The gradient in the free coordinates."""
        return self.gradient[self.free]

    @property
    def curve(self) -> np.ndarray:
        """The Hessian in the free coordinates."""
        return self.hessian[np.ix_(self.free, self.free)]

    def steepest(self) -> float:
        """Return the largest slope, nan where the loss is no number."""
        return float(np.abs(self.slope).max(initial=0.0)) if np.isfinite(self.value) else np.nan

    def is_flat(self) -> bool:
        """Tell whether the gradient is next to nothing."""
        return self.steepest() < FLAT

    def is_curved(self) -> bool:
        """Tell whether the loss rises in all free directions."""
        curve = self.curve
        return bool(len(curve) and np.isfinite(curve).all() and np.linalg.eigvalsh(curve).min() > 0)

    def is_maximum(self) -> bool:
        """Tell whether the gradient is flat and the next Newton step short, or all coordinates at a bound."""
        if not self.is_flat():
            return False
        return not self.free.any() or (self.is_curved() and np.abs(self.step()).max() < SHORT)

    def step(self) -> np.ndarray:
        """Return the Newton step in the free coordinates."""
        return np.linalg.solve(self.curve, self.slope)

    def estimate(self, positive: np.ndarray, total: float) -> Estimate:
        """Return the parameters here, with standard errors where the likelihood is curved."""
        scale = np.where(positive, np.exp(np.where(positive, self.at, 0.0)), 1.0)
        errors = np.full(len(self.at), np.nan)
        if self.is_curved():
            errors[self.free] = np.sqrt(np.diag(np.linalg.inv(self.curve * total)))
        return Estimate(np.where(positive, scale, self.at), scale * errors, -float(self.value) * total)


def _places(
    loss: Sloped, curvature: Curvature, begins: list[np.ndarray], edges: np.ndarray
) -> Iterator[_Place]:
    """Yield where searches from each start end: near by, on from there, then from the start to the end."""
    for begin in begins:
        at = begin
        for onward, near in ((True, NEAR), (True, LAST), (False, LAST)):
            options = {"ftol": near, "gtol": FLAT / 10, "maxiter": 500}
            found = minimize(
                loss, at if onward else begin, method="L-BFGS-B", jac=True, bounds=edges, options=options
            )
            place = _polished(loss, curvature, found, edges)
            at = place.at
            yield place


def _polished(loss: Sloped, curvature: Curvature, found: OptimizeResult, edges: np.ndarray) -> _Place:
    """Return where Newton steps lead from a point found.

    A search by line stops where the loss hardly differs any more, which along a ridge is far from the
    maximum; the gradient itself has digits left.
    """
    place, way = _Place(found.x, found.fun, found.jac, curvature(found.x), edges), 0.0
    for _ in range(STEPS):
        if not place.is_curved() or np.abs(step := place.step()).max() < STILL:
            break
        at = place.at.copy()
        at[place.free] -= step
        at = np.clip(at, *edges.T)
        value, gradient = loss(at)
        if not np.abs(gradient[place.free]).max() < np.abs(place.slope).max():
            break
        way += np.abs(at - place.at).max()
        kept = way <= SAME
        place = _Place(at, value, gradient, place.hessian if kept else curvature(at), edges)
        way = way if kept else 0.0
    return place


def by_differences(function: Callable[[np.ndarray], float], at: np.ndarray, step: float = 1e-5) -> np.ndarray:
    """Return the gradient (k,) by central differences: error about 1e-10 of the function."""
    moves = np.eye(len(at)) * step
    return np.array([(function(at + m) - function(at - m)) / (2 * step) for m in moves])


def _hessian(loss: Sloped, at: np.ndarray, step: float) -> np.ndarray:
    """Return the Hessian (k, k) by central differences of the gradient."""
    moves = np.eye(len(at)) * step
    hessian = np.array([(loss(at + m)[1] - loss(at - m)[1]) / (2 * step) for m in moves])
    return (hessian + hessian.T) / 2
