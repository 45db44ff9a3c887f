"""Models in which a coin is tossed at a purchase, and whoever loses never buys again.

BG/NBD, MBG/NBD and MBG/CNBD-k are one likelihood: they differ in whether the coin is tossed at the
first purchase, and in how regular the times between purchases are. Everything is in logarithms:
several hundred purchases neither overflow nor cancel.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from scipy.special import betainc, betaln, gammaln, hyp2f1

from crmlab.maths.btyd._coin_objective import objective, spacing
from crmlab.maths.btyd.customers import Customers
from crmlab.maths.btyd.model import Model, on_different, share
from crmlab.maths.likelihood import Objective

NEGLIGIBLE = 1e-13
"""Terms of an expectation below it are left out."""


@dataclass(frozen=True)
class _Coin(Model):
    """Phases of purchases at a rate λ ~ Gamma(r, alpha), and a coin that is lost with p ~ Beta(a, b).

    Every k-th phase is a purchase. `first` is 1 where the coin is tossed at the first purchase too.
    """

    r: float
    alpha: float
    a: float
    b: float

    estimated = ("r", "alpha", "a", "b")
    first: ClassVar[int]
    k: ClassVar[int] = 1

    def log_likelihood(self, x: np.ndarray, t_x: np.ndarray, T: np.ndarray) -> np.ndarray:
        """Return the log-likelihood of each customer, (n,)."""
        return np.logaddexp(*self._branches(x, t_x, T))

    def _branches(self, x: np.ndarray, t_x: np.ndarray, T: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the log-likelihood of being active at T, and of having dropped out at t_x."""
        r, alpha, a, b, won = self.r, self.alpha, self.a, self.b, x + self.first
        phases = r + self.k * x
        purchases = gammaln(phases) - gammaln(r) + r * np.log(alpha) - betaln(a, b)
        purchases = purchases + spacing(self.k, x, t_x)
        silent = np.log(self._phases(x, t_x, T).sum(axis=0))
        alive = purchases + betaln(a, b + won) - phases * np.log(alpha + T) + silent
        dropped = betaln(a + 1, b + np.maximum(won, 1) - 1) - phases * np.log(alpha + t_x)
        return alive, np.where(won > 0, purchases + dropped, -np.inf)

    def _phases(self, x: np.ndarray, t_x: np.ndarray, T: np.ndarray) -> np.ndarray:
        """Return the weights of 0 to k - 1 phases passed since t_x, (k, n); the first is 1."""
        phases, since = self.r + self.k * np.asarray(x), (T - t_x) / (self.alpha + T)
        terms = [np.ones(np.shape(phases + since))]
        for j in range(1, self.k):
            terms.append(terms[-1] * since * (phases + j - 1) / j)
        return np.array(terms)

    def p_alive(self, x: np.ndarray, t_x: np.ndarray, T: np.ndarray) -> np.ndarray:
        """Return the probability of being active at T, (n,); under BG/NBD 1 for every x = 0."""
        return share(*self._branches(x, t_x, T))

    def tail_if_alive(self, i: int, x: np.ndarray, t_x: np.ndarray, T: np.ndarray, t: float) -> np.ndarray:
        """Return P(i purchases or more in (T, T + t]) of customers who are active at T, (n,).

        λ ~ Gamma(r + k x + j, alpha + T) after j phases since t_x, and p ~ Beta(a, b + coins won)
        are then independent: so are passing the phases in time and winning i - 1 coins.
        """
        weights, z = self._phases(x, t_x, T), t / (self.alpha + T + t)
        phases = self.r + self.k * np.asarray(x)
        reached = [w * betainc(self.k * i - j, phases + j, z) for j, w in enumerate(weights)]
        left = self.b + x + self.first
        return (
            sum(reached) / weights.sum(axis=0) * np.exp(betaln(self.a, left + i - 1) - betaln(self.a, left))
        )

    def expected_purchases(self, x: np.ndarray, t_x: np.ndarray, T: np.ndarray, t: float) -> np.ndarray:
        """Return the expected purchases in (T, T + t] given the past, (n,).

        Fader, Hardie and Lee 2005, equation 10, with one coin more where the first is tossed.
        """
        r, alpha, won = self.r, self.alpha, self.b + x + self.first
        # a = 1 is a removable singularity: next to it the value is the same to seven digits
        a = np.where(np.abs(self.a - 1) > 1e-7, self.a, 1 + 1e-7)
        z = t / (alpha + T + t)
        # two forms of one function (Euler's transformation): each is taken where it stays finite
        plain = a - 1 > r + x
        first = np.where(plain, r + x, a - 1 + won - r - x)
        second, power = np.where(plain, won, a - 1), np.where(plain, r + x, a - 1)
        never = np.exp(power * np.log1p(-z)) * hyp2f1(first, second, a + won - 1, z)
        return (a + won - 1) / (a - 1) * (1 - never) * self.p_alive(x, t_x, T)

    @classmethod
    def starts(cls, customers: Customers) -> list[list[float]]:
        """Return points from which a fit may start."""
        x, _, T = customers.columns()
        interval = float(customers.counts @ T / (customers.counts @ x))
        return [[0.5, 0.5 * interval, 0.8, 2.0], [1.0, interval, 1.0, 3.0], [3.0, 3 * interval, 0.5, 10.0]]

    @classmethod
    def objective(cls, customers: Customers, *, k: int = 1) -> Objective:
        """Return the summed log-likelihood in the logarithms of the parameters."""
        return objective(customers, first=cls.first, k=k)


@dataclass(frozen=True)
class BGNBD(_Coin):
    """BG/NBD (Fader, Hardie and Lee 2005): a coin after each repeat purchase.

    alpha, a and b may be arrays, one value for each customer: so covariates enter (`covariates.py`), in
    all but `draws` and `expected_purchases_new`.
    """

    name = "BG/NBD"
    first = 0


@dataclass(frozen=True)
class MBGNBD(_Coin):
    """MBG/NBD (Batislam, Denizel and Filiztekin 2007; Hoppe and Wagner 2007): at the first one too.

    Who never came back may be gone: P(alive) of x = 0 is below 1.
    """

    name = "MBG/NBD"
    first = 1


@dataclass(frozen=True)
class MBGCNBD(_Coin):
    """MBG/CNBD-k (Platzer and Reutterer 2016): MBG/NBD with Erlang-k times between purchases.

    A k above 1 is a customer more regular than chance. Their k is estimated from all purchase
    times; a summary has the last only, so the likelihood here is that of (x, t_x), the x-th renewal
    of an Erlang process, and k is chosen by it. At k = 1 it is MBG/NBD's, constants included.
    """

    k: int = 1

    name = "MBG/CNBD-k"
    first = 1
    alternatives = ({"k": 1}, {"k": 2}, {"k": 3}, {"k": 4})

    def expected_purchases(self, x: np.ndarray, t_x: np.ndarray, T: np.ndarray, t: float) -> np.ndarray:
        """Return the expected purchases in (T, T + t] given the past, (n,): the sum of the tails."""
        return on_different(lambda *past: self._summed(np.array(past), t), x, t_x, T)

    def _summed(self, past: np.ndarray, t: float) -> np.ndarray:
        """Return the expected purchases of customers `past` (3, n), (n,)."""
        expected, left, i = np.zeros(past.shape[1]), np.arange(past.shape[1]), 0
        while len(left):
            i += 1
            tail = self.tail_if_alive(i, *past[:, left], t)
            expected[left] += tail
            left = left[tail > NEGLIGIBLE]
        return expected * self.p_alive(*past)
