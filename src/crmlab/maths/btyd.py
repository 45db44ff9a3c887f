"""Buy-till-you-die: BG/NBD and Pareto/NBD, and the gamma-gamma model of spend.

A customer is (x, t_x, T): repeat purchases, time of the last one, time observed, from the first
purchase on. Time has one unit throughout (weeks, by custom); rates come out per that unit.
Everything is in logarithms, and every hypergeometric function is transformed (Euler) so that its
parameters do not grow with x: several hundred purchases neither overflow nor cancel.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import betaln, exprel, gammaln, hyp2f1, xlogy

from crmlab.errors import DataError
from crmlab.maths.likelihood import Estimate, maximise


@dataclass(frozen=True)
class BGNBD:
    """BG/NBD (Fader, Hardie and Lee 2005): gamma rates, and dropout after each repeat purchase.

    Purchase rate λ ~ Gamma(r, alpha), dropout probability p ~ Beta(a, b).
    """

    r: float
    alpha: float
    a: float
    b: float

    def log_likelihood(self, x: np.ndarray, t_x: np.ndarray, T: np.ndarray) -> np.ndarray:
        """Return the log-likelihood of each customer, (n,) (their equation 6)."""
        return np.logaddexp(*self._branches(x, t_x, T))

    def _branches(self, x: np.ndarray, t_x: np.ndarray, T: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the log-likelihood of being alive at T, and of having dropped out at t_x."""
        r, alpha, a, b = self.r, self.alpha, self.a, self.b
        purchases = gammaln(r + x) - gammaln(r) + r * np.log(alpha) - betaln(a, b)
        alive = purchases + betaln(a, b + x) - (r + x) * np.log(alpha + T)
        # nobody drops out before a first repeat purchase
        dropped = betaln(a + 1, b + np.maximum(x, 1) - 1) - (r + x) * np.log(alpha + t_x)
        return alive, np.where(x > 0, purchases + dropped, -np.inf)

    def p_alive(self, x: np.ndarray, t_x: np.ndarray, T: np.ndarray) -> np.ndarray:
        """Return the probability of being active at T, (n,); 1 for every x = 0."""
        return _share(*self._branches(x, t_x, T))

    def p_zero(self, x: np.ndarray, t_x: np.ndarray, T: np.ndarray, t: float) -> np.ndarray:
        """Return P(no purchase in (T, T + t]), (n,).

        Exact: whoever is active at T has λ ~ Gamma(r + x, alpha + T), and cannot drop out before
        the next purchase.
        """
        waits = (self.r + x) * np.log((self.alpha + T) / (self.alpha + T + t))
        return 1 + self.p_alive(x, t_x, T) * np.expm1(waits)

    def expected_purchases(self, x: np.ndarray, t_x: np.ndarray, T: np.ndarray, t: float) -> np.ndarray:
        """Return the expected purchases in (T, T + t] given the past, (n,) (their equation 10)."""
        r, alpha, b = self.r, self.alpha, self.b
        # a = 1 is a removable singularity: next to it the value is the same to seven digits
        a = self.a if abs(self.a - 1) > 1e-7 else 1 + 1e-7
        z = t / (alpha + T + t)
        # two forms of one function (Euler's transformation): each is taken where it stays finite
        plain = a - 1 > r + x
        first, second = np.where(plain, r + x, a + b - 1 - r), np.where(plain, b + x, a - 1)
        power = np.where(plain, r + x, a - 1)
        never = np.exp(power * np.log1p(-z)) * hyp2f1(first, second, a + b + x - 1, z)
        return (a + b + x - 1) / (a - 1) * (1 - never) * self.p_alive(x, t_x, T)

    def expected_purchases_new(self, t: np.ndarray) -> np.ndarray:
        """Return E[X(t)], the expected repeat purchases of a new customer by t (their equation 9)."""
        return self.expected_purchases(0.0, 0.0, 0.0, np.asarray(t, dtype=np.float64))


@dataclass(frozen=True)
class ParetoNBD:
    """Pareto/NBD (Schmittlein, Morrison and Colombo 1987): gamma rates and gamma dropout rates.

    Purchase rate λ ~ Gamma(r, alpha), dropout rate μ ~ Gamma(s, beta). Formulas as in Fader and
    Hardie 2005, "A note on deriving the Pareto/NBD model".
    """

    r: float
    alpha: float
    s: float
    beta: float

    def log_likelihood(self, x: np.ndarray, t_x: np.ndarray, T: np.ndarray) -> np.ndarray:
        """Return the log-likelihood of each customer, (n,)."""
        return np.logaddexp(*self._branches(x, t_x, T))

    def _branches(self, x: np.ndarray, t_x: np.ndarray, T: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the log-likelihood of being alive at T, and of having died in (t_x, T]."""
        return _pareto_branches(self.r, self.alpha, self.s, self.beta, x, t_x, T)

    def p_alive(self, x: np.ndarray, t_x: np.ndarray, T: np.ndarray) -> np.ndarray:
        """Return the probability of being alive at T, (n,)."""
        return _share(*self._branches(x, t_x, T))

    def p_zero(self, x: np.ndarray, t_x: np.ndarray, T: np.ndarray, t: float) -> np.ndarray:
        """Return P(no purchase in (T, T + t]), (n,).

        Exact: whoever is alive at T has λ ~ Gamma(r + x, alpha + T) and μ ~ Gamma(s, beta + T),
        independent, so the chance of silence is the likelihood of a new customer with those
        parameters and no purchase by t.
        """
        posterior = (self.r + x, self.alpha + T, self.s, self.beta + T)
        silent = np.exp(np.logaddexp(*_pareto_branches(*posterior, np.zeros_like(T), np.zeros_like(T), t)))
        return 1 - self.p_alive(x, t_x, T) * (1 - silent)

    def expected_purchases(self, x: np.ndarray, t_x: np.ndarray, T: np.ndarray, t: float) -> np.ndarray:
        """Return the expected purchases in (T, T + t] given the past, (n,)."""
        waits = np.log1p(t / (self.beta + T))
        # (1 − e^{−(s−1)·waits}) / (s − 1), which is `waits` at s = 1
        lifetime = (self.beta + T) * waits * exprel(-(self.s - 1) * waits)
        return (self.r + x) / (self.alpha + T) * lifetime * self.p_alive(x, t_x, T)

    def expected_purchases_new(self, t: np.ndarray) -> np.ndarray:
        """Return E[X(t)], the expected repeat purchases of a new customer by t."""
        return self.expected_purchases(0.0, 0.0, 0.0, np.asarray(t, dtype=np.float64))


def fit(
    model: type[BGNBD] | type[ParetoNBD], x: np.ndarray, t_x: np.ndarray, T: np.ndarray
) -> tuple[BGNBD | ParetoNBD, Estimate]:
    """Fit a model by maximum likelihood to customers (x, t_x, T), each (n,).

    Raises DataError for an impossible summary or one without a repeat purchase, CrmlabError where
    the fit does not converge.
    """
    check(x, t_x, T)
    if not np.any(np.asarray(x) > 0):
        raise DataError(f"none of {len(x)} customers has a repeat purchase: there is no rate to estimate")
    unique, counts = np.unique(np.column_stack([x, t_x, T]).astype(np.float64), axis=0, return_counts=True)
    columns = unique.T
    interval = float(np.sum(T) / np.sum(x))
    if model is BGNBD:
        starts = [[1.0, interval, 1.0, 3.0], [0.3, 0.3 * interval, 0.7, 2.0], [3.0, 3 * interval, 0.5, 10.0]]
    else:
        life = float(np.mean(T))
        starts = [
            [1.0, interval, 0.5, life],
            [0.3, 0.3 * interval, 1.0, 3 * life],
            [3.0, interval, 0.1, life],
        ]
    estimate = maximise(lambda *p: model(*p).log_likelihood(*columns), counts, starts, what=model.__name__)
    return model(*map(float, estimate.parameters)), estimate


def check(x: np.ndarray, t_x: np.ndarray, T: np.ndarray) -> None:
    """Raise DataError for the first customer whose (x, t_x, T) cannot be."""
    x, t_x, T = (np.asarray(v, dtype=np.float64) for v in (x, t_x, T))
    rules = {
        "frequency, recency or T is missing": np.isnan(x + t_x + T),
        "frequency is not a whole number ≥ 0": (x < 0) | (x != np.floor(x)),
        "recency is not within 0 and T": (t_x < 0) | (t_x > T),
        "recency is not 0 without a repeat purchase, or is 0 with one": (x > 0) != (t_x > 0),
    }
    for rule, broken in rules.items():
        if broken.any():
            i = int(broken.argmax())
            raise DataError(
                f"row {i} of the summary (frequency {x[i]:g}, recency {t_x[i]:g}, T {T[i]:g}): {rule}"
            )


@dataclass(frozen=True)
class GammaGamma:
    """Spend per purchase (Fader and Hardie 2013): Gamma(p, ν) with ν ~ Gamma(q, gamma)."""

    p: float
    q: float
    gamma: float

    def log_likelihood(self, x: np.ndarray, mean_spend: np.ndarray) -> np.ndarray:
        """Return the log density of the mean spend over x ≥ 1 purchases, (n,) (their equation 1a)."""
        p, q, gamma = self.p, self.q, self.gamma
        return (
            gammaln(p * x + q) - gammaln(p * x) - gammaln(q) + xlogy(q, gamma)
            + (p * x - 1) * np.log(mean_spend) + p * x * np.log(x)
            - (p * x + q) * np.log(gamma + x * mean_spend)
        )  # fmt: skip

    def population_mean(self) -> float:
        """Return the expected spend per purchase of an unknown customer; infinite for q ≤ 1."""
        return self.p * self.gamma / (self.q - 1) if self.q > 1 else float("inf")

    def expected_spend(self, x: np.ndarray, mean_spend: np.ndarray) -> np.ndarray:
        """Return the expected spend per purchase given x purchases of a mean, (n,) (equation 5).

        No comparison uses it yet: it is kept for the questions of customer value.
        """
        return self.p * (self.gamma + x * mean_spend) / (self.p * x + self.q - 1)


def fit_spend(x: np.ndarray, mean_spend: np.ndarray) -> tuple[GammaGamma, Estimate]:
    """Fit the gamma-gamma model to repeaters: x ≥ 1 purchases of a mean spend > 0, each (n,).

    Raises DataError for other rows, CrmlabError where the fit does not converge. No comparison uses
    it yet: it is kept for the questions of customer value.
    """
    x, mean_spend = np.asarray(x, dtype=np.float64), np.asarray(mean_spend, dtype=np.float64)
    broken = ~((x >= 1) & (mean_spend > 0))
    if broken.any():
        i = int(broken.argmax())
        raise DataError(
            f"row {i} (purchases {x[i]:g}, mean spend {mean_spend[i]:g}) is not a paying repeater"
        )
    starts = [[2.0, 3.0, float(mean_spend.mean())], [6.0, 4.0, 0.5 * float(mean_spend.mean())]]
    estimate = maximise(
        lambda *p: GammaGamma(*p).log_likelihood(x, mean_spend), np.ones(len(x)), starts, what="gamma-gamma"
    )
    return GammaGamma(*map(float, estimate.parameters)), estimate


def _share(alive: np.ndarray, dead: np.ndarray) -> np.ndarray:
    """Return the posterior probability of the first of two log-likelihoods."""
    return np.exp(alive - np.logaddexp(alive, dead))


def _pareto_branches(r, alpha, s, beta, x, t_x, T) -> tuple[np.ndarray, np.ndarray]:
    """Return Pareto/NBD's log-likelihoods of being alive at T and of having died in (t_x, T]."""
    r, alpha, s, beta, x, t_x, T = np.broadcast_arrays(r, alpha, s, beta, x, t_x, T)
    purchases = gammaln(r + x) - gammaln(r) + r * np.log(alpha) + s * np.log(beta)
    alive = purchases - (r + x) * np.log(alpha + T) - s * np.log(beta + T)
    early = _pareto_tail(r, alpha, s, beta, x, t_x)
    late = _pareto_tail(r, alpha, s, beta, x, T)
    with np.errstate(divide="ignore"):  # nobody dies between t_x and T = t_x: log 0
        between = early + np.log(-np.expm1(np.minimum(late - early, 0.0)))
    return alive, purchases + np.log(s / (r + s + x)) + between


def _pareto_tail(r, alpha, s, beta, x, y) -> np.ndarray:
    """Return the log of the integral over deaths after y, up to the factor s / (r + s + x).

    Fader and Hardie's 2F1(r+s+x, s+1 or r+x; r+s+x+1; z), 0 ≤ z < 1, after Euler's transformation:
    its first parameter is then 1, and it grows with x no more.
    """
    c = r + s + x + 1
    wide = alpha >= beta
    z = np.abs(alpha - beta) / (np.maximum(alpha, beta) + y)
    series = np.log(hyp2f1(1.0, np.where(wide, r + x, s + 1), c, z))
    power = np.where(wide, r + x, r + x - 1)
    return series - power * np.log(alpha + y) - (r + s + x - power) * np.log(beta + y)
