"""The summed log-likelihood of the coin models and its gradient, made for many customers.

What depends on x alone is computed once for every x, what depends on T alone once for every T;
only the odds of having dropped out need each different customer.
"""

from __future__ import annotations

import numpy as np
from scipy.special import betaln, gammaln, psi, xlogy

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
    """Return the log-likelihood and its gradient in the logarithms of r, alpha, a, b."""
    constant = float(customers.counts @ spacing(k, customers.x.rows(), customers.t_x.rows()))
    sums, odds = _Sums(customers, first, k), _Odds(customers, first, k)

    def at(logs: np.ndarray) -> tuple[float, np.ndarray]:
        parameters = np.exp(logs)
        value, gradient = sums(*parameters)
        further, slope = odds(*parameters)
        return constant + value + further, parameters * (gradient + slope)

    return at


class _Sums:
    """The part that is a sum over x and a sum over T: everyone active, and silent since t_x if k = 1."""

    def __init__(self, customers: Customers, first: int, k: int):
        self.k, self.bought, self.won = k, customers.x.values, customers.x.values + first
        self.seen = customers.T.values
        self.n_bought = customers.x.summed(customers.counts)
        self.n_seen = customers.T.summed(customers.counts)
        self.phases_seen = k * customers.T.summed(customers.counts * customers.x.rows())

    def __call__(self, r: float, alpha: float, a: float, b: float) -> tuple[float, np.ndarray]:
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

    def __call__(self, r: float, alpha: float, a: float, b: float) -> tuple[float, np.ndarray]:
        """Return the sum and its gradient."""
        n, before = self.counts, b + self.before
        phases = (r + self.k * self.bought)[self.x]
        gap = np.log1p(self.seen / alpha)[self.T] - np.log1p(self.last / alpha)[self.t_x]
        closer = (1 / (alpha + self.seen))[self.T] - (1 / (alpha + self.last))[self.t_x]
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

    def _silence(self, phases: np.ndarray, alpha: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return the log of the sum over phases passed since t_x, and its slopes in r and alpha."""
        longest = alpha + self.seen[self.T]
        term, harmonic = np.ones_like(phases), np.zeros_like(phases)
        total, by_r, by_alpha = 1.0, 0.0, 0.0
        for j in range(1, self.k):
            term = term * (self.since / longest) * (phases + j - 1) / j
            harmonic = harmonic + 1 / (phases + j - 1)
            total = total + term
            by_r, by_alpha = by_r + term * harmonic, by_alpha - term * j / longest
        return np.log(total), by_r / total, by_alpha / total
