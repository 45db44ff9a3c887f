"""Proportional hazards: the partial likelihood of Cox (1972), by Newton steps, ties after Efron (1977)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from crmlab.maths.convergence import DidNotConverge
from crmlab.maths.survival import risk_table

STEPS = 60
FLAT = 1e-8
"""The largest gradient of the mean log-likelihood, per coefficient, that counts as a maximum."""

NEAR = 1e-5
"""The longest next step, in any coefficient, from a point that counts as a maximum."""


@dataclass(frozen=True)
class Hazards:
    """A maximum of the (penalised) partial likelihood.

    coefficients, standard_errors: (p,), logarithms of hazard ratios; the errors are of the curvature,
    penalty included. log_likelihood: without the penalty.
    """

    coefficients: np.ndarray
    standard_errors: np.ndarray
    log_likelihood: float


def fit(
    X: np.ndarray, duration: np.ndarray, event: np.ndarray, *, ridge: float = 0.0, ties: str = "efron"
) -> Hazards:
    """Return the coefficients that maximise log L − ridge / 2 · Σ coefficient².

    X: (n, p). duration, event: (n,). ties: 'efron' or 'breslow' (1974). Raises DidNotConverge where the steps
    do not reach a maximum: a column tells without error who ends first, or two say the same.
    """
    X = np.asarray(X, dtype=np.float64)
    beta = np.zeros(X.shape[1])
    order = np.argsort(-duration, kind="stable")
    X, duration, event = X[order], duration[order], np.asarray(event)[order]
    value, slope, curvature = _likelihood(X, duration, event, beta, ridge, ties)
    for _ in range(STEPS):
        move = _solved(curvature, slope)
        # towards infinity the likelihood is flat as well, but the next step is as long as the last
        if np.abs(slope).max(initial=0.0) < FLAT * len(X) and np.abs(move).max(initial=0.0) < NEAR:
            errors = np.sqrt(np.diag(np.linalg.inv(curvature)))
            return Hazards(beta, errors, float(value + ridge / 2 * beta @ beta))
        size = 1.0
        while size > 1e-6:
            tried = beta + size * move
            found = _likelihood(X, duration, event, tried, ridge, ties)
            if found[0] >= value - 1e-12 * abs(value):
                break
            size /= 2
        beta, (value, slope, curvature) = tried, found
    raise DidNotConverge(
        f"the Cox fit to {len(X)} rows with {int(event.sum())} events did not converge: the gradient is "
        f"still {np.abs(slope).max():.2g}. Does a column tell who ends first? Give the fit a larger ridge."
    )


def linear_predictor(X: np.ndarray, coefficients: np.ndarray) -> np.ndarray:
    """Return the log relative hazards (n,), within ±30: beyond it a curve is 0 or 1 in any case."""
    return np.clip(np.asarray(X, dtype=np.float64) @ coefficients, -30.0, 30.0)


def baseline(
    log_relative: np.ndarray, duration: np.ndarray, event: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return times (k,) and the cumulative hazard of a row of log relative hazard 0 at them (Breslow 1972).

    log_relative, duration, event: (n,).
    """
    times, at_risk, _ = risk_table(duration, event, weights=np.exp(log_relative))
    ended = risk_table(duration, event)[2]
    return times, np.cumsum(ended / at_risk)


def _solved(curvature: np.ndarray, slope: np.ndarray) -> np.ndarray:
    """Return the Newton step. Raises DidNotConverge where the curvature has no inverse."""
    try:
        return np.linalg.solve(curvature, slope)
    except np.linalg.LinAlgError:
        raise DidNotConverge(
            "the Cox fit has no one maximum: some columns cannot be told apart, or one tells without error "
            "who ends first. Leave columns out, or give the fit a ridge above 0."
        ) from None


def _likelihood(
    X: np.ndarray, duration: np.ndarray, event: np.ndarray, beta: np.ndarray, ridge: float, ties: str
) -> tuple[float, np.ndarray, np.ndarray]:
    """Return the penalised log partial likelihood, its gradient and its negative Hessian.

    Rows come by falling duration, so that everyone at risk lies before the end of a tie group.
    """
    linear = X @ beta
    # a common factor of all hazards cancels; it keeps the exponentials in range
    weight = np.exp(linear - linear.max(initial=-np.inf)) if len(X) else linear
    shift = linear.max(initial=0.0) if len(X) else 0.0
    p = X.shape[1]
    value, slope = -ridge / 2 * beta @ beta, -ridge * beta
    curvature = ridge * np.eye(p)
    zeroth, first, second = 0.0, np.zeros(p), np.zeros((p, p))
    ends = np.flatnonzero(np.diff(duration, append=np.nan) != 0) + 1
    for start, end in zip(np.concatenate([[0], ends[:-1]]), ends, strict=True):
        group, w = X[start:end], weight[start:end]
        zeroth += w.sum()
        first += w @ group
        second += (group * w[:, None]).T @ group
        gone = event[start:end] > 0
        count = int(gone.sum())
        if not count:
            continue
        rows, u = group[gone], w[gone]
        out = np.arange(count) / count if ties == "efron" else np.zeros(count)
        mass = zeroth - out * u.sum()
        mean = (first - out[:, None] * (u @ rows)) / mass[:, None]
        value += linear[start:end][gone].sum() - (np.log(mass) + shift).sum()
        slope = slope + rows.sum(axis=0) - mean.sum(axis=0)
        spread = second * (1 / mass).sum() - ((rows * u[:, None]).T @ rows) * (out / mass).sum()
        curvature += spread - mean.T @ mean
    return value, slope, curvature
