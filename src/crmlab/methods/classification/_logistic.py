"""Logistic curves under penalties and signs that scikit-learn's solvers do not reach quickly."""

from __future__ import annotations

import numpy as np
from scipy.optimize import minimize
from scipy.special import expit


def penalised_logistic(
    X: np.ndarray, y: np.ndarray, *, l1: float = 0.0, l2: float = 0.0, nonnegative: bool = False
) -> tuple[np.ndarray, float]:
    """Return the coefficients (p,) and the intercept that minimise the penalised log loss.

    That is: mean log loss + l1 Σ|w| + l2/2 Σw² (Zou and Hastie 2005), the intercept free of it. X
    (n, p); y (n,): classes, or probabilities as targets. nonnegative: no coefficient below 0. The
    positive and negative part of w are two bounded variables, so that |w| has a gradient.
    """
    n, p = X.shape
    y = np.asarray(y, dtype=float)

    def loss(v: np.ndarray) -> tuple[float, np.ndarray]:
        w = v[:p] - v[p : 2 * p]
        margin = X @ w + v[-1]
        value = np.mean(np.logaddexp(0, margin) - y * margin) + l1 * v[:-1].sum() + l2 / 2 * w @ w
        wrong = (expit(margin) - y) / n
        slope = X.T @ wrong + l2 * w
        return value, np.concatenate([slope + l1, l1 - slope, [wrong.sum()]])

    negative = (0.0, 0.0) if nonnegative else (0.0, None)
    bounds = [(0.0, None)] * p + [negative] * p + [(None, None)]
    options = {"maxiter": 1000, "maxfun": 5000, "ftol": 1e-12, "gtol": 1e-7}
    found = minimize(loss, np.zeros(2 * p + 1), jac=True, method="L-BFGS-B", bounds=bounds, options=options).x
    return found[:p] - found[p : 2 * p], float(found[-1])
