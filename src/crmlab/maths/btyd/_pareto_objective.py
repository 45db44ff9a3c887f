"""The summed log-likelihood of Pareto/NBD and its gradient, with and without covariates.

The hypergeometric function is the cost. It depends on (x, t_x) and on (x, T) only, and of those
there are a few thousand pairs however many customers there are.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import gammaln, hyp2f1, psi

from crmlab.maths.btyd.customers import Column, Customers
from crmlab.maths.likelihood import Objective

STEP = 1e-5
"""Relative step of the two slopes, in the shapes r and s, that have no closed form."""


def log_deaths_after(r, alpha, s, beta, x, y) -> np.ndarray:
    """Return the log of the integral over deaths u > y of (alpha + u)^−(r + x) · (beta + u)^−(s + 1).

    Fader and Hardie's 2F1(r+s+x, s+1 or r+x; r+s+x+1; z), 0 ≤ z < 1, after Euler's transformation:
    its first parameter is then 1, and it grows with x no more.
    """
    c = r + s + x + 1
    wide = alpha >= beta
    z = np.abs(alpha - beta) / (np.maximum(alpha, beta) + y)
    series = np.log(hyp2f1(1.0, np.where(wide, r + x, s + 1), c, z) / (c - 1))
    power = np.where(wide, r + x, r + x - 1)
    return series - power * np.log(alpha + y) - (r + s + x - power) * np.log(beta + y)


@dataclass(frozen=True)
class Pairs:
    """Different (x, y), each (m,), with the covariates of purchase and dropout, (m, p) and (m, q)."""

    x: np.ndarray
    y: np.ndarray
    buying: np.ndarray
    leaving: np.ndarray


@dataclass(frozen=True)
class Histories:
    """Customers, `counts` of each, whose pair (x, t_x) is early[i] of one list, (x, T) late[i] of another."""

    early_pairs: Pairs
    late_pairs: Pairs
    early: np.ndarray
    late: np.ndarray
    counts: np.ndarray

    @classmethod
    def of(cls, customers: Customers) -> Histories:
        """Return the histories of customers without covariates."""
        early, early_pairs = _paired(customers.x, customers.t_x)
        late, late_pairs = _paired(customers.x, customers.T)
        return cls(early_pairs, late_pairs, early, late, customers.counts)


def _paired(x: Column, y: Column) -> tuple[np.ndarray, Pairs]:
    """Return which pair each customer has, and the different pairs."""
    shape = (len(x.values), len(y.values))
    key = Column.of(np.ravel_multi_index((x.codes, y.codes), shape))
    of_x, of_y = np.unravel_index(key.values, shape)
    none = np.empty((len(key.values), 0))
    return key.codes, Pairs(x.values[of_x], y.values[of_y], none, none)


def objective(histories: Histories) -> Objective:
    """Return the log-likelihood and its gradient in log r, log alpha, log s, log beta, coefficients.

    The coefficients are those of purchase, then those of dropout: a customer's alpha is
    alpha · exp(−buying · coefficients), the beta likewise (Fader and Hardie 2007).
    """
    h, p = histories, histories.early_pairs.buying.shape[1]

    def at(point: np.ndarray) -> tuple[float, np.ndarray]:
        r, alpha, s, beta = np.exp(point[:4])

        def scaled(pairs: Pairs) -> tuple[np.ndarray, np.ndarray]:
            bought, left = pairs.buying @ point[4 : 4 + p], pairs.leaving @ point[4 + p :]
            return alpha * np.exp(-bought), beta * np.exp(-left)

        early_scales, late_scales = scaled(h.early_pairs), scaled(h.late_pairs)
        early, early_slopes = _deaths(r, s, *early_scales, h.early_pairs)
        late, late_slopes = _deaths(r, s, *late_scales, h.late_pairs)
        alive, alive_slopes = _alive(r, s, *late_scales, h.late_pairs)
        ratio = np.exp(np.minimum(late[h.late] - early[h.early], 0.0))
        with np.errstate(divide="ignore"):  # nobody dies between t_x and T = t_x: log 0
            dead = np.log(s) + early[h.early] + np.log1p(-ratio)
        both = np.logaddexp(alive[h.late], dead)
        gone = h.counts * np.exp(dead - both)
        pull = np.divide(gone, 1 - ratio, out=np.zeros_like(gone), where=ratio < 1)
        common, common_slopes = _purchases(r, s, *late_scales, h.late_pairs)
        everyone = np.bincount(h.late, h.counts, len(late))
        value = h.counts @ both + everyone @ common
        slopes_late = (
            alive_slopes * np.bincount(h.late, h.counts - gone, len(late))
            - late_slopes * np.bincount(h.late, pull * ratio, len(late))
            + common_slopes * everyone
        )
        slopes_early = early_slopes * np.bincount(h.early, pull, len(early))
        shapes = slopes_late.sum(axis=1) + slopes_early.sum(axis=1) + [0, 0, gone.sum(), 0]
        buying = -slopes_late[1] @ h.late_pairs.buying - slopes_early[1] @ h.early_pairs.buying
        leaving = -slopes_late[3] @ h.late_pairs.leaving - slopes_early[3] @ h.early_pairs.leaving
        return float(value), np.concatenate([shapes, buying, leaving])

    return at


def _purchases(r, s, alpha, beta, pairs: Pairs) -> tuple[np.ndarray, np.ndarray]:
    """Return the log of what being alive and dead have in common, (m,), and its slopes (4, m)."""
    x, zero = pairs.x, np.zeros_like(pairs.x)
    value = gammaln(r + x) - gammaln(r) + r * np.log(alpha) + s * np.log(beta)
    by_r = r * (psi(r + x) - psi(r) + np.log(alpha))
    return value, np.array([by_r, r + zero, s * np.log(beta) + zero, s + zero])


def _alive(r, s, alpha, beta, pairs: Pairs) -> tuple[np.ndarray, np.ndarray]:
    """Return the log probability of the silence of the living, (m,), and its slopes (4, m)."""
    bought, left = np.log(alpha + pairs.y), np.log(beta + pairs.y)
    phases = r + pairs.x
    value = -phases * bought - s * left
    slopes = [-r * bought, -phases * alpha / (alpha + pairs.y), -s * left, -s * beta / (beta + pairs.y)]
    return value, np.array(slopes)


def _deaths(r, s, alpha, beta, pairs: Pairs) -> tuple[np.ndarray, np.ndarray]:
    """Return log_deaths_after of pairs, (m,), and its slopes in the four log parameters, (4, m)."""
    x, y = pairs.x, pairs.y
    value = log_deaths_after(r, alpha, s, beta, x, y)
    up, down = np.exp(STEP), np.exp(-STEP)
    by_r, by_s = (
        (
            log_deaths_after(r * ru, alpha, s * su, beta, x, y)
            - log_deaths_after(r * rd, alpha, s * sd, beta, x, y)
        )
        / (2 * STEP)
        for ru, rd, su, sd in ((up, down, 1, 1), (1, 1, up, down))
    )
    # under the integral; a shift of y is one of alpha and beta together
    by_alpha = -(r + x) * np.exp(log_deaths_after(r + 1, alpha, s, beta, x, y) - value)
    by_y = -np.exp(-(r + x) * np.log(alpha + y) - (s + 1) * np.log(beta + y) - value)
    return value, np.array([by_r, alpha * by_alpha, by_s, beta * (by_y - by_alpha)])
