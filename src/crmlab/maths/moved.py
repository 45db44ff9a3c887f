"""Moved: does a group of rows differ from earlier ones by more than chance, over many columns at once?

Each column's difference of means is taken within strata (customers known for as long), its error by customer,
as the same customer may stand in both groups. The largest standardised difference is held against its
distribution under multiplier bootstrap (Chernozhukov, Chetverikov and Kato 2013), so that the whole family
errs in `level` of cases.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

BATCH: Final = 200
"""Bootstrap draws that are held at once."""


@dataclass(frozen=True)
class Moved:
    """Differences of today's rows from earlier ones, by column (p,).

    difference: of means, in units of the column. z: standardised. critical: what the largest |z| stays below
    with probability 1 - level where nothing moved.
    """

    difference: np.ndarray
    z: np.ndarray
    critical: float

    @property
    def alarm(self) -> bool:
        """Whether any column moved."""
        return bool(np.nanmax(np.abs(self.z), initial=0.0) > self.critical)


def moved(
    now: np.ndarray,
    before: np.ndarray,
    *,
    strata: tuple[np.ndarray, np.ndarray],
    customers: tuple[np.ndarray, np.ndarray],
    origins: np.ndarray,
    alone: np.ndarray,
    level: float,
    seed: np.random.Generator,
    draws: int = 1000,
) -> Moved:
    """Return how the columns of `now` (n, p) differ from those of `before` (m, p).

    strata, customers: codes of the rows of both, (n,) and (m,). origins: (m,), from which window each earlier
    row is: what windows differ by among themselves beyond chance is no news. alone: (q,) standardised
    differences of other things, independent of the rows, judged in the same family; they stand at the end of
    the result.
    """
    weights_now, weights = _weights(strata, origins)
    influence, difference, between = _influences(
        now, before, strata, customers, origins, weights_now, weights
    )
    error = np.sqrt((influence**2).sum(axis=0) + between)
    usable = error > 1e-12
    z = np.divide(difference, error, out=np.full(len(error), np.nan), where=usable)
    scaled = influence[:, usable] / error[usable]
    shared = np.sqrt(between[usable]) / error[usable]
    largest = np.concatenate(
        [
            _largest(scaled, shared, len(alone), seed, min(BATCH, draws - first))
            for first in range(0, draws, BATCH)
        ]
    )
    critical = float(np.quantile(largest, 1 - level))
    return Moved(np.append(difference, np.full(len(alone), np.nan)), np.append(z, alone), critical)


def _weights(strata: tuple[np.ndarray, np.ndarray], origins: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return weights of the rows (n,), (m,): each window before is spread over strata like now."""
    codes_now, codes = strata
    size = max(codes_now.max(), codes.max()) + 1
    share = np.bincount(codes_now, minlength=size) / len(codes_now)
    windows, of_window = np.unique(origins, return_inverse=True)
    counts = np.zeros((len(windows), size))
    np.add.at(counts, (of_window, codes), 1.0)
    weights = share[codes] / counts[of_window, codes] / len(windows)
    return np.full(len(codes_now), 1 / len(codes_now)), weights


def _influences(
    now: np.ndarray,
    before: np.ndarray,
    strata: tuple[np.ndarray, np.ndarray],
    customers: tuple[np.ndarray, np.ndarray],
    origins: np.ndarray,
    weights_now: np.ndarray,
    weights: np.ndarray,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return what customers add to differences (c, p), these, and what windows vary by (p,)."""
    who, code = np.unique(np.concatenate(customers), return_inverse=True)
    code_now, code_before = code[: len(now)], code[len(now) :]
    # within a stratum both groups are centred at its common mean: what strata differ by is no error
    centred_now, centred = _centred(now, before, strata)
    difference = weights_now @ now - weights @ before
    influence = np.zeros((len(who), now.shape[1]))
    np.add.at(influence, code_now, weights_now[:, None] * centred_now)
    np.add.at(influence, code_before, -weights[:, None] * centred)
    windows, of_window = np.unique(origins, return_inverse=True)
    count = len(windows)
    if count < 2:
        return influence, difference, np.zeros(now.shape[1])
    means, noise = np.zeros((count, now.shape[1])), np.zeros((count, now.shape[1]))
    np.add.at(means, of_window, count * weights[:, None] * centred)
    np.add.at(noise, of_window, (count * weights[:, None] * centred) ** 2)
    beyond = np.maximum(means.var(axis=0, ddof=1) - noise.mean(axis=0), 0.0)
    return influence, difference, beyond * (1 + 1 / count)


def _centred(
    now: np.ndarray, before: np.ndarray, strata: tuple[np.ndarray, np.ndarray]
) -> tuple[np.ndarray, np.ndarray]:
    """Return both groups less the mean of their stratum."""
    codes, values = np.concatenate(strata), np.vstack([now, before])
    sums = np.zeros((codes.max() + 1, now.shape[1]))
    np.add.at(sums, codes, values)
    centred = values - (sums / np.maximum(np.bincount(codes), 1)[:, None])[codes]
    return centred[: len(now)], centred[len(now) :]


def _largest(
    scaled: np.ndarray, shared: np.ndarray, others: int, seed: np.random.Generator, draws: int
) -> np.ndarray:
    """Return the largest |z| of some draws in which nothing moved, (draws,)."""
    signs = seed.integers(0, 2, (draws, len(scaled))) * 2.0 - 1
    found = np.abs(signs @ scaled + shared * seed.standard_normal((draws, len(shared))))
    rest = np.abs(seed.standard_normal((draws, others)))
    return np.hstack([found, rest]).max(axis=1, initial=0.0)
