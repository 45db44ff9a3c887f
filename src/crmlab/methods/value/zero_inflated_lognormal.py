"""Zero-inflated lognormal: who spends nothing, and a lognormal amount with a spread of its own."""

from __future__ import annotations

from typing import Annotated

import numpy as np
import pandas as pd
from scipy.optimize import minimize
from scipy.special import expit, ndtri
from sklearn.base import BaseEstimator

from crmlab.declare.method import method
from crmlab.declare.parameters import Range
from crmlab.maths.conformal import LEVELS, Spread
from crmlab.maths.convergence import DidNotConverge
from crmlab.maths.encoding import linear_input
from crmlab.methods.value._calibrated import SMALLEST, Calibrated

STARTS = 5
"""Searches, each from where the one before stood still, until a fit counts as not converging."""

FLAT = 1e-4
"""The largest gradient of the mean loss that counts as a minimum."""
LOG_SIGMA = (-3.0, 1.5)
"""Bounds of the log standard deviation of log spend, .05 to 4.5."""


@method(label="Zero-inflated lognormal", cite="Wang, Liu and Miao 2019")
def zero_inflated_lognormal(ridge: Annotated[float, Range(0)] = 0.01):
    """ridge: weight of the squared coefficients beside the mean loss of a row."""
    return Calibrated(ZeroInflatedLognormal(ridge))


class ZeroInflatedLognormal(BaseEstimator):
    """The loss of Wang, Liu and Miao (2019) with linear predictors in place of a neural net.

    The loss is a logistic one for spending at all, plus that of a normal log amount with mean and log
    standard deviation linear in the columns, for those who do: two fits, each at its own minimum.
    """

    def __init__(self, ridge: float):
        self.ridge = ridge

    def fit(self, X: pd.DataFrame, value: np.ndarray) -> ZeroInflatedLognormal:
        """Fit on rows X (n, p) and their spend (n,). Raises DidNotConverge where it does not converge."""
        self.input_ = linear_input().fit(X)
        columns, bought = self._columns(X), value > 0
        width, amounts = columns.shape[1], np.log(np.maximum(value[bought], SMALLEST))
        rate = np.clip(bought.mean(), 1e-3, 1 - 1e-3)
        start = np.zeros(width)
        start[0] = np.log(rate / (1 - rate))
        self.bought_ = _minimum(_logistic, start, (columns, bought.astype(float), self.ridge), "logistic")
        start = np.zeros(2 * width)
        start[0], start[width] = amounts.mean(), np.clip(np.log(amounts.std() + 1e-9), *LOG_SIGMA)
        found = _minimum(_lognormal, start, (columns[bought], amounts, self.ridge), "lognormal")
        self.centre_, self.log_sigma_ = found[:width], found[width:]
        # beyond what the train rows span, a line in the logarithm promises absurd sums
        self.span_ = np.array([amounts.min(), amounts.max()])
        return self

    def spread(self, X: pd.DataFrame) -> Spread:
        """Return the predictive distributions of rows X (m, p)."""
        columns = self._columns(X)
        bought = expit(columns @ self.bought_)
        mu = np.clip(columns @ self.centre_, *self.span_)
        sigma = np.exp(_bent(columns @ self.log_sigma_)[0])
        mean = np.minimum(np.exp(mu + sigma**2 / 2), np.exp(self.span_[1]))
        return Spread(bought * mean, 1 - bought, np.exp(mu[:, None] + sigma[:, None] * ndtri(LEVELS)))

    def _columns(self, X: pd.DataFrame) -> np.ndarray:
        """Return an intercept and the encoded columns, (m, 1 + p)."""
        encoded = np.clip(self.input_.transform(X), -8.0, 8.0)
        return np.column_stack([np.ones(len(X)), encoded])


def _minimum(loss, start: np.ndarray, given: tuple, what: str) -> np.ndarray:
    """Return the parameters at the minimum of a loss that gives its gradient too."""
    options = {"maxiter": 2000, "maxfun": 4000, "ftol": 1e-13, "gtol": FLAT / 2}
    # a search that stands still along a bad memory of the curvature goes on with a fresh one
    for _ in range(STARTS):
        found = minimize(loss, start, args=given, jac=True, method="L-BFGS-B", options=options)
        slope = np.abs(loss(found.x, *given)[1]).max()
        if np.isfinite(found.fun) and slope < FLAT:
            return found.x
        start = found.x
    raise DidNotConverge(
        f"the {what} part did not converge on {len(given[1])} rows (gradient {slope:.2g}): a larger "
        "`ridge` helps"
    )


def _logistic(b: np.ndarray, columns: np.ndarray, bought: np.ndarray, ridge: float) -> tuple:
    """Return the mean logistic loss with its ridge, and its gradient."""
    odds = columns @ b
    kept = np.append(0.0, b[1:])
    loss = np.mean(np.logaddexp(0, odds) - bought * odds) + ridge * kept @ kept / 2
    return loss, columns.T @ (expit(odds) - bought) / len(bought) + ridge * kept


def _lognormal(b: np.ndarray, columns: np.ndarray, amounts: np.ndarray, ridge: float) -> tuple:
    """Return the mean negative log-likelihood of normal log amounts with its ridge, and its gradient."""
    width = columns.shape[1]
    log_sigma, slope = _bent(columns @ b[width:])
    z = (amounts - columns @ b[:width]) * np.exp(-log_sigma)
    kept = b.copy()
    kept[[0, width]] = 0.0
    loss = np.mean(log_sigma + z**2 / 2) + ridge * kept @ kept / 2
    of_mu = columns.T @ (-z * np.exp(-log_sigma)) / len(amounts)
    of_sigma = columns.T @ ((1 - z**2) * slope) / len(amounts)
    return loss, np.append(of_mu, of_sigma) + ridge * kept


def _bent(line: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return log standard deviations, bent softly into LOG_SIGMA, and their slope along the line.

    A standard deviation free to fall to 0 would leave the loss without a minimum.
    """
    middle, half = np.mean(LOG_SIGMA), np.ptp(LOG_SIGMA) / 2
    bent = np.tanh((line - middle) / half)
    return middle + half * bent, 1 - bent**2
