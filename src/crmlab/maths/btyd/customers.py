"""Summaries of customers, (x, t_x, T): what they may be, and equal ones counted once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from crmlab.errors import DataError


def check(x: np.ndarray, t_x: np.ndarray, T: np.ndarray) -> None:
    """Raise DataError for the first customer whose (x, t_x, T), each (n,), cannot be."""
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
class Column:
    """A column whose values repeat: the row i holds values[codes[i]]; values are sorted."""

    values: np.ndarray
    codes: np.ndarray

    @classmethod
    def of(cls, rows: np.ndarray) -> Column:
        """Return a column of rows (m,)."""
        codes, values = pd.factorize(np.asarray(rows), sort=True)
        return cls(np.asarray(values), codes)

    def rows(self) -> np.ndarray:
        """Return the column as it was, (m,)."""
        return self.values[self.codes]

    def summed(self, weights: np.ndarray) -> np.ndarray:
        """Return the sum of weights (m,) of the rows with each value."""
        return np.bincount(self.codes, weights=weights, minlength=len(self.values))


@dataclass(frozen=True)
class Customers:
    """The m different customers (x, t_x, T) among n, sorted, and how many there are of each.

    A likelihood is the same for equal customers, and 200,000 of them have some 40,000 histories of
    whole days, with a few hundred values in each column.
    """

    x: Column
    t_x: Column
    T: Column
    counts: np.ndarray
    place: np.ndarray
    """Which of the m each of the n customers is, (n,)."""

    @classmethod
    def of(cls, x: np.ndarray, t_x: np.ndarray, T: np.ndarray) -> Customers:
        """Return the different ones among customers (x, t_x, T), each (n,)."""
        columns = [Column.of(np.asarray(v, dtype=np.float64)) for v in (x, t_x, T)]
        shape = [len(c.values) for c in columns]
        key = Column.of(np.ravel_multi_index([c.codes for c in columns], shape))
        parts = np.unravel_index(key.values, shape)
        different = [Column(c.values, codes) for c, codes in zip(columns, parts, strict=True)]
        return cls(*different, np.bincount(key.codes).astype(np.float64), key.codes)

    def columns(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return x, t_x, T of the different customers, each (m,)."""
        return self.x.rows(), self.t_x.rows(), self.T.rows()

    @property
    def total(self) -> float:
        """How many customers there are."""
        return float(self.counts.sum())
