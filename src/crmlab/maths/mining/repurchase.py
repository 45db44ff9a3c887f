"""Repurchase timing: when a customer will buy a product again, by her own gaps and those of others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.special import ndtr, ndtri

FEWEST: Final = 20
"""A product has at least so many gaps, or it is not spoken of."""

STEPS: Final = 4
PRIOR: Final = 10.0
"""Of so many purchases a cell is taken to have the product's own share of returns."""

ROUNDS: Final = 60
LEAST_DAYS: Final = 0.5
"""A gap within a day."""


@dataclass(frozen=True)
class Timing:
    """After a purchase a customer comes back for the product or does not; if so, log gaps are normal.

    mean, variance: (m,) of the logarithm of gaps in days, per product; own: (m,) the share of the variance
    that is between customers; returns: (m, STEPS) the probability to come back after the first, second, ...
    purchase, the last for that and later ones; gaps: (m,) how many have ended. nan below FEWEST gaps.
    """

    mean: np.ndarray
    variance: np.ndarray
    own: np.ndarray
    returns: np.ndarray
    gaps: np.ndarray

    def predicted(
        self, product: np.ndarray, count: np.ndarray, total: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return mean and standard deviation of the next gap's logarithm, and the chance to come back, (k,).

        product: numbers; count, total: how many gaps the customer had, and the sum of their logarithms. The
        normal posterior of her own mean is the nearer to the product's, the fewer her gaps.
        """
        between = self.variance[product] * self.own[product]
        within = self.variance[product] - between
        n = np.maximum(count, 1)
        weight = np.where(count > 0, between / (between + within / n), 0.0)
        mean = self.mean[product] + weight * np.where(count > 0, total / n - self.mean[product], 0.0)
        step = np.minimum(count, STEPS - 1).astype(int)
        return mean, np.sqrt(within + between * (1 - weight)), self.returns[product, step]


def gaps_of(
    customer: np.ndarray, product: np.ndarray, day: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return customer, product, day and gap of each purchase after a first one.

    From purchases (k,) in any order; several on one day are one. gap: days since her last one.
    """
    order = np.lexsort((day, product, customer))
    c, p, d = customer[order], product[order], day[order]
    same = (c[1:] == c[:-1]) & (p[1:] == p[:-1])
    gap = d[1:] - d[:-1]
    kept = same & (gap > 0)
    return c[1:][kept], p[1:][kept], d[1:][kept], gap[kept]


def fitted(
    product: np.ndarray,
    gap: np.ndarray,
    count: np.ndarray,
    open_product: np.ndarray,
    waited: np.ndarray,
    open_count: np.ndarray,
    own: np.ndarray,
) -> Timing:
    """Return the timing of products by maximum likelihood, gaps that have not ended among them.

    product, gap, count: (k,) of gaps that ended, count: the gaps of the product that the customer had before;
    open_product, waited, open_count: (l,) of those that have not, days so far; own: (m,) see `shares`. By
    expectation and maximisation of a cure model (Boag 1949): who has waited long will probably never come.
    """
    m, x, w = len(own), *(np.log(np.maximum(v, LEAST_DAYS)) for v in (gap, waited))
    gaps = np.bincount(product, minlength=m)
    few = gaps < FEWEST
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = np.bincount(product, x, m) / gaps
        variance = np.bincount(product, (x - mean[product]) ** 2, m) / gaps
        mean, variance = np.where(few, 0.0, mean), np.where(few | (variance < 1e-6), 1.0, variance)
    cell = product * STEPS + np.minimum(count, STEPS - 1)
    open_cell = open_product * STEPS + np.minimum(open_count, STEPS - 1)
    ended, begun = np.bincount(cell, minlength=m * STEPS), np.bincount(open_cell, minlength=m * STEPS)
    returns = np.full(m * STEPS, 0.5)
    for _ in range(ROUNDS):
        sd = np.sqrt(variance)[open_product]
        z = (w - mean[open_product]) / sd
        beyond = np.maximum(ndtr(-z), 1e-12)
        chance = returns[open_cell]
        comes = chance * beyond / (1 - chance + chance * beyond)
        hazard = np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi) / beyond
        number = gaps + np.bincount(open_product, comes, m)
        later = mean[open_product] + sd * hazard
        spread = sd**2 * (1 + z * hazard)
        new = (np.bincount(product, x, m) + np.bincount(open_product, comes * later, m)) / np.maximum(
            number, 1
        )
        moved = (mean - new)[open_product]
        # of what is still to come: the second moment around the new mean
        around = spread + 2 * moved * sd * hazard + moved**2
        squares = np.bincount(product, (x - new[product]) ** 2, m) + np.bincount(
            open_product, comes * around, m
        )
        mean, variance = new, np.maximum(squares / np.maximum(number, 1), 1e-6)
        come = ended + np.bincount(open_cell, comes, m * STEPS)
        all_ = (come.reshape(m, STEPS).sum(axis=1) + 1) / ((ended + begun).reshape(m, STEPS).sum(axis=1) + 2)
        returns = (come + PRIOR * np.repeat(all_, STEPS)) / (ended + begun + PRIOR)
    unknown = np.where(few, np.nan, 0.0)
    table = returns.reshape(m, STEPS) + unknown[:, None]
    return Timing(mean + unknown, variance + unknown, own, table, gaps)


def shares(customer: np.ndarray, product: np.ndarray, gap: np.ndarray, products: int) -> np.ndarray:
    """Return the share of the variance of log gaps that is between customers, (m,): 0 to 1.

    One-way analysis of variance by the method of moments (Searle, Casella and McCulloch 1992, 3.6); 0 where
    nobody has two gaps of a product.
    """
    log = np.log(np.maximum(gap, LEAST_DAYS))
    with np.errstate(divide="ignore", invalid="ignore"):
        gaps = np.bincount(product, minlength=products)
        mean = np.bincount(product, log, products) / gaps
        pair, row = np.unique(customer.astype(np.int64) * products + product, return_inverse=True)
        of, n = pair % products, np.bincount(row)
        own = np.bincount(row, log) / n
        people = np.bincount(of, minlength=products)
        within = np.bincount(product, (log - own[row]) ** 2, products) / (gaps - people)
        across = np.bincount(of, n * (own - mean[of]) ** 2, products) / (people - 1)
        size = (gaps - np.bincount(of, n.astype(float) ** 2, products) / gaps) / (people - 1)
        between = np.maximum(0.0, (across - within) / size)
        share = between / (between + within)
    return np.where(np.isfinite(share), share, 0.0)


def days_until(mean: np.ndarray, sd: np.ndarray, share: float) -> np.ndarray:
    """Return the gap in days within which a share of those who come back comes."""
    return np.exp(mean + sd * ndtri(share))


def chance_by(
    mean: np.ndarray, sd: np.ndarray, returns: np.ndarray, days: np.ndarray, *, waited: np.ndarray
) -> np.ndarray:
    """Return the probability that the gap ends by `days`, given that it lasted `waited` days already."""
    by, past = (returns * ndtr((np.log(np.maximum(d, 1e-9)) - mean) / sd) for d in (days, waited))
    return np.clip((by - past) / np.maximum(1 - past, 1e-12), 0.0, 1.0)
