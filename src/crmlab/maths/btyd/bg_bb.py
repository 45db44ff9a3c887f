"""BG/BB: purchases and dropout at discrete opportunities."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import betaln, gammaln

from crmlab.errors import DataError
from crmlab.maths.btyd.customers import Customers, check
from crmlab.maths.btyd.model import Model, on_different, share


@dataclass(frozen=True)
class BGBB(Model):
    """BG/BB (Fader, Hardie and Shang 2010): at each opportunity whoever is alive may leave, then buy.

    Purchase probability p ~ Beta(alpha, beta), dropout probability θ ~ Beta(gamma, delta). t_x, T
    and t count opportunities, whole numbers, and at each one there is at most one purchase.
    """

    alpha: float
    beta: float
    gamma: float
    delta: float

    name = "BG/BB"
    estimated = ("alpha", "beta", "gamma", "delta")

    def log_likelihood(self, x: np.ndarray, t_x: np.ndarray, T: np.ndarray) -> np.ndarray:
        """Return the log-likelihood of each customer's history, (n,) (their equation 5)."""
        return np.logaddexp(*self._branches(x, t_x, T))

    def _branches(self, x: np.ndarray, t_x: np.ndarray, T: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the log-likelihood of being alive at T, and of having left after t_x."""
        alpha, beta, gamma, delta = self.alpha, self.beta, self.gamma, self.delta
        x, t_x, T = (np.asarray(v).astype(np.int64) for v in np.broadcast_arrays(x, t_x, T))
        bought, row = np.unique(x, return_inverse=True)
        row = row.reshape(x.shape)
        m = np.arange(T.max(initial=0) + 1)
        unit = betaln(alpha, beta) + betaln(gamma, delta)
        alive = betaln(alpha + x, beta + T - x) + betaln(gamma, delta + T) - unit
        # left at m + 1, for every x and m: no more than m purchases by m
        silent = np.maximum(m - bought[:, None], 0)
        leave = _beta_table(alpha, beta, bought, silent) + betaln(gamma + 1, delta + m) - unit
        after = np.logaddexp.accumulate(leave[:, ::-1], axis=1)[:, ::-1]
        early, late = after[row, t_x], after[row, T]
        with np.errstate(divide="ignore"):  # nobody leaves between t_x and T = t_x: log 0
            return alive, early + np.log(-np.expm1(np.minimum(late - early, 0.0)))

    def p_alive(self, x: np.ndarray, t_x: np.ndarray, T: np.ndarray) -> np.ndarray:
        """Return the probability of being alive at opportunity T, (n,)."""
        return share(*self._branches(x, t_x, T))

    def tail_if_alive(self, i: int, x: np.ndarray, t_x: np.ndarray, T: np.ndarray, t: float) -> np.ndarray:
        """Return P(i purchases or more in the next t opportunities) of customers alive at T, (n,).

        The i-th of them falls on opportunity d, and the customer lives until then, for a d of i to t.
        """
        total = np.zeros(np.shape(x))
        for d in range(i, int(t) + 1):
            ways = gammaln(d) - gammaln(i) - gammaln(d - i + 1)
            total = total + np.exp(ways + self._bought(i, d, x, T) + self._lived(d, T))
        return total

    def p_zero(self, x: np.ndarray, t_x: np.ndarray, T: np.ndarray, t: float) -> np.ndarray:
        """Return P(no purchase at the next t opportunities), (n,)."""
        return on_different(lambda *past: super(BGBB, self).p_zero(*past, t), x, t_x, T)

    def expected_purchases(self, x: np.ndarray, t_x: np.ndarray, T: np.ndarray, t: float) -> np.ndarray:
        """Return the expected purchases at the next t opportunities, (n,) (their equation 13)."""

        def expected(x: np.ndarray, t_x: np.ndarray, T: np.ndarray) -> np.ndarray:
            lived = sum(np.exp(self._lived(d, T)) for d in range(1, int(t) + 1))
            rate = (self.alpha + x) / (self.alpha + self.beta + T)
            return rate * lived * self.p_alive(x, t_x, T)

        return on_different(expected, x, t_x, T)

    def _bought(self, i: int, d: int, x: np.ndarray, T: np.ndarray) -> np.ndarray:
        """Return the log probability of i purchases in one order at d opportunities, (n,)."""
        alpha, beta = self.alpha + x, self.beta + T - x
        return betaln(alpha + i, beta + d - i) - betaln(alpha, beta)

    def _lived(self, d: int, T: np.ndarray) -> np.ndarray:
        """Return the log probability that who is alive at T is so d opportunities later, (n,)."""
        return betaln(self.gamma, self.delta + T + d) - betaln(self.gamma, self.delta + T)

    @classmethod
    def check(cls, x: np.ndarray, t_x: np.ndarray, T: np.ndarray) -> None:
        """Raise DataError for the first customer whose (x, t_x, T) cannot be counts of opportunities."""
        check(x, t_x, T)
        x, t_x, T = (np.asarray(v, dtype=np.float64) for v in (x, t_x, T))
        broken = (t_x != np.floor(t_x)) | (np.floor(T) != T) | (x > t_x)
        if broken.any():
            i = int(broken.argmax())
            raise DataError(
                f"row {i} of the summary (frequency {x[i]:g}, recency {t_x[i]:g}, T {T[i]:g}): recency and T "
                "are not whole numbers of opportunities, or there were more purchases than opportunities"
            )

    @classmethod
    def starts(cls, customers: Customers) -> list[list[float]]:
        """Return points from which a fit may start."""
        x, _, T = customers.columns()
        n = customers.counts
        rate, life = float(n @ x / (n @ T)), float(n @ T / n.sum())
        return [[1.0, 1 / rate, 0.5, life], [0.5, 0.5 / rate, 1.0, 3 * life], [1.0, 1.0, 1.0, 3.0]]


def _beta_table(alpha: float, beta: float, bought: np.ndarray, silent: np.ndarray) -> np.ndarray:
    """Return log B(alpha + x, beta + silent), (len(bought), m): the gammas are looked up, not computed."""
    of_silent = gammaln(beta + np.arange(silent.max(initial=0) + 1))
    total = bought[:, None] + silent
    of_total = gammaln(alpha + beta + np.arange(total.max(initial=0) + 1))
    return gammaln(alpha + bought)[:, None] + of_silent[silent] - of_total[total]
