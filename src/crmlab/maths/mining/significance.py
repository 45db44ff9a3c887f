"""Which counts are more than the null worlds have: by the maximum over all candidates, and as q-values."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import numpy as np
from scipy.special import gammainc, gammaincc

MOST: Final = 300.0
"""The largest surprise that a float can tell from larger ones."""


@dataclass(frozen=True)
class Compared:
    """Counts of r candidates in the data, and in w null worlds.

    count: (r,); null: (w, r). matched: whether the tail takes the variance of the worlds, too: counts of
    customers that most have done are far less spread than Poisson's, counts of rare pairs are not. below:
    whether few surprise, in place of many.
    """

    count: np.ndarray
    null: np.ndarray
    matched: bool = False
    below: bool = False

    @cached_property
    def expected(self) -> np.ndarray:
        """The mean count of the null worlds, (r,)."""
        return self.null.mean(axis=0) if len(self.null) else np.full(len(self.count), np.nan)

    @cached_property
    def lift(self) -> np.ndarray:
        """The count over its mean in the worlds, (r,); infinite where no world has any, nan for 0 of 0."""
        with np.errstate(divide="ignore", invalid="ignore"):
            return self.count / self.expected

    @cached_property
    def surprise(self) -> np.ndarray:
        """-log10 of the tail of each count in the data (row 0) and the worlds, (w + 1, r).

        The mean is that of data and worlds together: under the null the rows can change places, so that a
        test by their maximum is exact whatever the true tails are (Besag and Clifford 1989). The tail is
        Poisson's; matched, of a Poisson variable that is moved to have the mean and the variance. As the data
        are in the variance, no matched count lies beyond w / √(w + 1) deviations: 19 worlds see nothing among
        thousands of candidates, 99 do.
        """
        rows = np.vstack([self.count, self.null]).astype(float)
        mean = rows.mean(axis=0)
        variance = rows.var(axis=0) if self.matched else mean
        return (lower_tail if self.below else tail)(rows - mean + variance, variance)

    @cached_property
    def highest(self) -> np.ndarray:
        """The largest surprise of each null world, (w,); 0 without candidates."""
        return self.surprise[1:].max(axis=1, initial=0.0)

    @cached_property
    def p(self) -> np.ndarray:
        """The probability that any candidate of a null world surprises as much, (r,).

        It holds for all candidates at once (Westfall and Young 1993), where these counts did not choose them.
        """
        above = (self.highest[:, None] >= self.surprise[0]).sum(axis=0)
        return (1 + above) / (1 + len(self.null))

    @cached_property
    def q(self) -> np.ndarray:
        """The q-value, (r,): how many candidates surprise as much in a null world, over how many here.

        The data count as one world more, with one false candidate: no q-value is 0. (Storey and Tibshirani
        2003, with the worlds for the null's distribution.)
        """
        data, worlds = self.surprise[0], np.sort(self.surprise[1:].ravel())
        false = (1 + len(worlds) - np.searchsorted(worlds, data)) / (1 + len(self.null))
        order = np.argsort(data, kind="stable")
        as_much = len(data) - np.searchsorted(data[order], data)
        share = np.minimum(1.0, false / as_much)
        # never larger where there is more surprise
        running = np.minimum.accumulate(share[order])
        found = np.empty(len(data))
        found[order] = running
        return found


def tail(count: np.ndarray, mean: np.ndarray) -> np.ndarray:
    """Return -log10 P(N >= count) of Poisson variables N, at most MOST; count need not be whole."""
    count, mean = np.broadcast_arrays(count, mean)
    found, far = np.zeros(count.shape), (count > 0) & (mean > 0)
    chance = gammainc(count[far], mean[far])
    found[far] = -np.log10(np.maximum(chance, 10.0**-MOST))
    return np.maximum(found, 0.0)


def lower_tail(count: np.ndarray, mean: np.ndarray) -> np.ndarray:
    """Return -log10 P(N <= count) of Poisson variables N, at most MOST; 0 where none is expected."""
    count, mean = np.broadcast_arrays(count, mean)
    found, known = np.zeros(count.shape), mean > 0
    chance = gammaincc(np.maximum(count[known], 0.0) + 1, mean[known])
    found[known] = -np.log10(np.maximum(chance, 10.0**-MOST))
    return np.maximum(found, 0.0)


def compared(
    data: Any, worlds: Iterable[Any], counts: Callable[[Any], np.ndarray], *, matched: bool = False
) -> Compared:
    """Return the counts of candidates, by `counts`, in the data beside those in null worlds."""
    count = counts(data)
    rows = [counts(world) for world in worlds]
    return Compared(count, np.array(rows).reshape(len(rows), len(count)), matched)
