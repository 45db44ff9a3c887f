"""Accelerated failure times: log duration = mean + scale × noise, by maximum likelihood."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize
from scipy.special import expit

from crmlab.maths.convergence import DidNotConverge

WEIBULL, LOG_LOGISTIC = "Weibull", "log-logistic"
FLAT = 1e-5
"""The largest gradient of the mean log-likelihood, per parameter, that counts as a maximum."""
SCALES = (-7.0, 4.0)
"""Bounds of the logarithm of the scale: durations that are all but determined, or all but unrelated."""


@dataclass(frozen=True)
class Times:
    """A maximum of the (penalised) likelihood of log duration = intercept + X coefficients + scale × noise.

    log_likelihood: of the durations, without the penalty. coefficients: (p,).
    """

    intercept: float
    coefficients: np.ndarray
    scale: float
    log_likelihood: float


def fit(X: np.ndarray, duration: np.ndarray, event: np.ndarray, *, noise: str, ridge: float = 0.0) -> Times:
    """Return the estimate that maximises log L − ridge / 2 · Σ coefficient².

    X: (n, p). duration: (n,) above 0. event: (n,). noise: 'Weibull' (the smallest extreme value) or
    'log-logistic' (Kalbfleisch and Prentice 1980, chapter 3). Raises DidNotConverge where there is no
    maximum.
    """
    X = np.asarray(X, dtype=np.float64)
    n, p = X.shape
    ended = np.asarray(event) > 0
    logs = np.log(duration)

    def loss(v: np.ndarray) -> tuple[float, np.ndarray]:
        scale = np.exp(v[1])
        z = np.clip((logs - v[0] - X @ v[2:]) / scale, -700.0, 500.0)
        value, slope = _log_likelihood(z, ended, noise)
        total = value.sum() - ended.sum() * v[1] - ridge / 2 * v[2:] @ v[2:]
        by_scale = -(slope * z).sum() - ended.sum()
        by_coefficient = -(X.T @ slope) / scale - ridge * v[2:]
        gradient = np.concatenate([[-slope.sum() / scale, by_scale], by_coefficient])
        return -total / n, -gradient / n

    start = np.concatenate([[logs.mean(), 0.0], np.zeros(p)])
    bounds = [(None, None), SCALES] + [(None, None)] * p
    options = {"maxiter": 2000, "maxfun": 10_000, "ftol": 1e-15, "gtol": FLAT / 10}
    found = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds, options=options)
    slope = np.abs(loss(found.x)[1]).max()
    if not slope < FLAT:
        raise DidNotConverge(
            f"the {noise} fit to {n} rows with {int(ended.sum())} events did not converge: the gradient is "
            f"still {slope:.2g} at scale {np.exp(found.x[1]):.2g}. Does a column tell the durations?"
        )
    penalty = ridge / 2 * found.x[2:] @ found.x[2:]
    likelihood = -found.fun * n + penalty - logs[ended].sum()
    return Times(float(found.x[0]), found.x[2:], float(np.exp(found.x[1])), float(likelihood))


def survival(times: np.ndarray, mean: np.ndarray, scale: float, *, noise: str) -> np.ndarray:
    """Return S at times (m,) of rows with mean log durations (n,), (n, m)."""
    logs = np.log(np.maximum(times, 1e-300))  # at 0 nobody has ended
    z = np.clip((logs - np.asarray(mean)[:, None]) / scale, -500.0, 500.0)
    return np.exp(-np.exp(z)) if noise == WEIBULL else expit(-z)


def _log_likelihood(z: np.ndarray, ended: np.ndarray, noise: str) -> tuple[np.ndarray, np.ndarray]:
    """Return, per row, the log density (ended) or log survival of the noise z, and its slope in z."""
    if noise == WEIBULL:
        hazard = np.exp(z)
        return ended * z - hazard, ended - hazard
    return ended * z - (1.0 + ended) * np.logaddexp(0.0, z), ended - (1.0 + ended) * expit(z)
