"""The summed log-likelihood of the coin models, its gradient and Hessian, made for many customers.

What depends on x alone is computed once for every x, what depends on T alone once for every T;
only the odds of having dropped out need each different customer.
"""

from __future__ import annotations

import numpy as np
from scipy.special import betaln, expit, gammaln, psi, xlogy, zeta

from crmlab.maths.btyd.customers import Customers
from crmlab.maths.likelihood import Objective


def spacing(k: int, x: np.ndarray, t_x: np.ndarray) -> np.ndarray:
    """Return the log density of t_x given k x phases, beside that given x of k = 1: no parameters in it."""
    if k == 1:
        return np.zeros(np.shape(x))
    bought = np.maximum(x, 1)
    density = xlogy((k - 1) * x, t_x) + gammaln(bought) - gammaln(k * bought)
    return np.where(x > 0, density, 0.0)


def objective(customers: Customers, *, first: int, k: int) -> Objective:
    """Return the log-likelihood in the logarithms of r, alpha, a, b."""
    constant = float(customers.counts @ spacing(k, customers.x.rows(), customers.t_x.rows()))
    sums, odds = _Sums(customers, first, k), _Odds(customers, first, k)

    def value(logs: np.ndarray) -> tuple[float, np.ndarray]:
        parameters = np.exp(logs)
        here, gradient = sums.value(*parameters)
        further, slope = odds.value(*parameters)
        return constant + here + further, parameters * (gradient + slope)

    def hessian(logs: np.ndarray) -> np.ndarray:
        parameters = np.exp(logs)
        curves = sums.hessian(*parameters) + odds.hessian(*parameters)
        return np.outer(parameters, parameters) * curves + np.diag(value(logs)[1])

    return Objective(value, hessian)


class _Sums:
    """The part that is a sum over x and a sum over T: everyone active, and silent since t_x if k = 1."""

    def __init__(self, customers: Customers, first: int, k: int):
        self.k, self.bought, self.won = k, customers.x.values, customers.x.values + first
        self.seen = customers.T.values
        self.n_bought = customers.x.summed(customers.counts)
        self.n_seen = customers.T.summed(customers.counts)
        self.phases_seen = k * customers.T.summed(customers.counts * customers.x.rows())

    def value(self, r: float, alpha: float, a: float, b: float) -> tuple[float, np.ndarray]:
        """Return the sum and its gradient."""
        phases, won, n = r + self.k * self.bought, self.won, self.n_bought
        longer, weight = np.log1p(self.seen / alpha), r * self.n_seen + self.phases_seen
        value = n @ (gammaln(phases) - gammaln(r) + betaln(a, b + won) - betaln(a, b))
        value -= self.phases_seen.sum() * np.log(alpha) + weight @ longer
        both = psi(a + b) - psi(a + b + won)
        gradient = [
            n @ (psi(phases) - psi(r)) - self.n_seen @ longer,
            r * self.n_seen.sum() / alpha - (weight / (alpha + self.seen)).sum(),
            n @ both,
            n @ (psi(b + won) - psi(b) + both),
        ]
        return float(value), np.array(gradient)

    def hessian(self, r: float, alpha: float, a: float, b: float) -> np.ndarray:
        """Return the second derivatives of the sum."""
        phases, won, n = r + self.k * self.bought, self.won, self.n_bought
        weight, closer = r * self.n_seen + self.phases_seen, 1 / (alpha + self.seen)
        both = n @ (_trigamma(a + b) - _trigamma(a + b + won))
        curves = np.zeros((4, 4))
        curves[0, 0] = n @ (_trigamma(phases) - _trigamma(r))
        curves[0, 1] = curves[1, 0] = self.n_seen @ (1 / alpha - closer)
        curves[1, 1] = weight @ closer**2 - r * self.n_seen.sum() / alpha**2
        curves[2:, 2:] = both
        curves[3, 3] += n @ (_trigamma(b + won) - _trigamma(b))
        return curves


class _Odds:
    """What is left for each different customer: the odds of having dropped out, and silence for k > 1."""

    def __init__(self, customers: Customers, first: int, k: int):
        tossed = customers.x.rows() + first > 0
        self.k, self.counts = k, customers.counts[tossed]
        self.bought, self.last, self.seen = (c.values for c in (customers.x, customers.t_x, customers.T))
        self.x, self.t_x, self.T = (c.codes[tossed] for c in (customers.x, customers.t_x, customers.T))
        # a customer whose coin was not tossed has no row here: any number will do for those
        self.before = np.maximum(self.bought + first - 1, 0)
        self.since = self.seen[self.T] - self.last[self.t_x]

    def value(self, r: float, alpha: float, a: float, b: float) -> tuple[float, np.ndarray]:
        """Return the sum and its gradient."""
        n, before = self.counts, b + self.before
        phases, gap, closer = self._waits(r, alpha)
        odds = np.log(a / before)[self.x] + phases * gap
        if self.k > 1:
            silent, *slopes = self._silence(phases, alpha)
            odds -= silent
        small = np.exp(-np.abs(odds))
        dropped = n * np.where(odds > 0, 1.0, small) / (1 + small)
        value = n @ (np.maximum(odds, 0) + np.log1p(small))
        gradient = np.array(
            [dropped @ gap, dropped @ (phases * closer), dropped.sum() / a, -(dropped @ (1 / before)[self.x])]
        )
        if self.k > 1:
            value += n @ silent
            gradient[:2] += [(n - dropped) @ slope for slope in slopes]
        return float(value), gradient

    def hessian(self, r: float, alpha: float, a: float, b: float) -> np.ndarray:
        """Return the second derivatives of the sum."""
        n, closest = self.counts, (1 / (b + self.before))[self.x]
        phases, gap, closer = self._waits(r, alpha)
        odds = np.log(a * closest) + phases * gap
        slopes = np.array([gap, phases * closer, np.full_like(gap, 1 / a), -closest])
        if self.k > 1:
            silent, by_r, by_alpha, *curves_of_silence = self._silence(phases, alpha, curves=True)
            odds -= silent
            slopes[:2] -= by_r, by_alpha
        gone = expit(odds)
        dropped = n * gone
        curves = (dropped * (1 - gone) * slopes) @ slopes.T
        further = (1 / (alpha + self.last) ** 2)[self.t_x] - (1 / (alpha + self.seen) ** 2)[self.T]
        curves[0, 1] += dropped @ closer
        curves[1, 1] += dropped @ (phases * further)
        curves[2, 2] -= dropped.sum() / a**2
        curves[3, 3] += dropped @ closest**2
        if self.k > 1:
            both = [(n - dropped) @ curve for curve in curves_of_silence]
            curves[[0, 0, 1], [0, 1, 1]] += both
        curves[1, 0] = curves[0, 1]
        return curves

    def _waits(self, r: float, alpha: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return the phases, the log of how much longer the wait is until T than t_x, its slope in alpha."""
        phases = (r + self.k * self.bought)[self.x]
        gap = np.log1p(self.seen / alpha)[self.T] - np.log1p(self.last / alpha)[self.t_x]
        return phases, gap, (1 / (alpha + self.seen))[self.T] - (1 / (alpha + self.last))[self.t_x]

    def _silence(self, phases: np.ndarray, alpha: float, *, curves: bool = False) -> list[np.ndarray]:
        """Return the log of the sum over phases passed since t_x, and its slopes in r and alpha.

        With curves, then its second derivatives in r, in r and alpha, in alpha.
        """
        longest = alpha + self.seen[self.T]
        term, harmonic, squares = np.ones_like(phases), np.zeros_like(phases), np.zeros_like(phases)
        sums = [1.0] + [np.zeros_like(phases)] * (5 if curves else 2)
        for j in range(1, self.k):
            term = term * (self.since / longest) * (phases + j - 1) / j
            harmonic = harmonic + 1 / (phases + j - 1)
            slopes = [1.0, harmonic, -j / longest]
            if curves:
                squares = squares + 1 / (phases + j - 1) ** 2
                slopes += [harmonic**2 - squares, -harmonic * j / longest, j * (j + 1) / longest**2]
            sums = [so_far + term * slope for so_far, slope in zip(sums, slopes, strict=True)]
        total, (by_r, by_alpha, *seconds) = sums[0], [part / sums[0] for part in sums[1:]]
        if curves:
            products = (by_r * by_r, by_r * by_alpha, by_alpha * by_alpha)
            seconds = [second - product for second, product in zip(seconds, products, strict=True)]
        return [np.log(total), by_r, by_alpha, *seconds]


def _trigamma(z: np.ndarray | float) -> np.ndarray:
    """Return the slope of psi, several times as fast as scipy's polygamma(1, z)."""
    return zeta(2, z)
