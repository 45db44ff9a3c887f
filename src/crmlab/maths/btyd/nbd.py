"""NBD: gamma purchase rates and no dropout, the model that buy-till-you-die corrects."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import betainc, gammaln, psi

from crmlab.maths.btyd.customers import Customers
from crmlab.maths.btyd.model import Model
from crmlab.maths.likelihood import Objective


@dataclass(frozen=True)
class NBD(Model):
    """NBD (Ehrenberg 1959): Poisson purchases at a rate λ ~ Gamma(r, alpha) for ever."""

    r: float
    alpha: float

    name = "NBD"
    estimated = ("r", "alpha")

    def log_likelihood(self, x: np.ndarray, t_x: np.ndarray, T: np.ndarray) -> np.ndarray:
        """Return the log-likelihood of each customer's purchase times, (n,).

        As the other models have it: the density of the times, not the probability of their number.
        """
        r, alpha = self.r, self.alpha
        return gammaln(r + x) - gammaln(r) + r * np.log(alpha) - (r + x) * np.log(alpha + T)

    def p_alive(self, x: np.ndarray, t_x: np.ndarray, T: np.ndarray) -> np.ndarray:
        """Return 1 for everyone, (n,)."""
        return np.ones(np.shape(x))

    def tail_if_alive(self, i: int, x: np.ndarray, t_x: np.ndarray, T: np.ndarray, t: float) -> np.ndarray:
        """Return P(i purchases or more in (T, T + t]), (n,): negative binomial."""
        return betainc(i, self.r + x, t / (self.alpha + T + t))

    def expected_purchases(self, x: np.ndarray, t_x: np.ndarray, T: np.ndarray, t: float) -> np.ndarray:
        """Return the expected purchases in (T, T + t] given the past, (n,)."""
        return (self.r + x) / (self.alpha + T) * t

    @classmethod
    def starts(cls, customers: Customers) -> list[list[float]]:
        """Return points from which a fit may start: the mean rate, with much and little spread."""
        x, _, T = customers.columns()
        interval = float(customers.counts @ T / (customers.counts @ x))
        return [[shape, shape * interval] for shape in (1.0, 0.2)]

    @classmethod
    def objective(cls, customers: Customers) -> Objective:
        """Return the summed log-likelihood in the logarithms of r and alpha."""
        n, bought = customers.x.summed(customers.counts), customers.x.values
        seen, time = customers.T.summed(customers.counts), customers.T.values
        purchases = customers.T.summed(customers.counts * customers.x.rows())

        def at(logs: np.ndarray) -> tuple[float, np.ndarray]:
            r, alpha = np.exp(logs)
            longer = np.log1p(time / alpha)
            value = n @ (gammaln(r + bought) - gammaln(r)) - purchases.sum() * logs[1]
            value -= (r * seen + purchases) @ longer
            by_r = n @ (psi(r + bought) - psi(r)) - seen @ longer
            by_alpha = seen.sum() * r / alpha - ((r * seen + purchases) / (alpha + time)).sum()
            return float(value), np.array([r * by_r, alpha * by_alpha])

        return Objective(at)
