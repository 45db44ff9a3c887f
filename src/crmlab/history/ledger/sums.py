"""Sums per customer over the rows of a book that were known before a cutoff: exact, as all are integers."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyarrow as pa

MONEY = 10_000
"""Parts of a unit of currency in which money is counted."""

EXACT = 2**53
"""Integers up to here are floats without loss."""


@dataclass(frozen=True)
class Rows:
    """Rows of a book as arrays of n, those of a customer together, and the cutoff's day.

    today: the day that begins at the cutoff: rows known on an earlier day count.
    """

    batch: pa.RecordBatch
    today: int

    def __getitem__(self, name: str) -> np.ndarray:
        """Return a column (n,)."""
        return self.batch.column(name).to_numpy()

    @cached_property
    def starts(self) -> np.ndarray:
        """Where each customer's rows begin (k,)."""
        codes = self["code"]
        return (
            np.flatnonzero(np.concatenate(([True], codes[1:] != codes[:-1])))
            if len(codes)
            else np.empty(0, int)
        )

    @cached_property
    def codes(self) -> np.ndarray:
        """The customers (k,)."""
        return self["code"][self.starts]

    @cached_property
    def known(self) -> np.ndarray:
        """Which rows were known (n,)."""
        return self["known"] < self.today

    def since(self, days: int) -> np.ndarray:
        """Which known rows are of the last so many days before the cutoff (n,)."""
        return self.known & (self["day"] >= self.today - days)

    def total(self, name: str, where: np.ndarray | None = None) -> np.ndarray:
        """Return a measure's sums over the known rows, or those of `where`, per customer (k,), int64."""
        chosen = self[name] * (self.known if where is None else where)
        return np.add.reduceat(chosen, self.starts, dtype=np.int64) if len(chosen) else np.empty(0, np.int64)

    def last_day(self, where: np.ndarray) -> np.ndarray:
        """Return the latest day of the chosen rows per customer (k,), far below 0 where there is none."""
        days = np.where(where, self["day"], np.int32(-(2**31)))
        return np.maximum.reduceat(days, self.starts).astype(np.int64) if len(days) else np.empty(0, np.int64)

    def first_day(self, where: np.ndarray) -> np.ndarray:
        """Return the earliest day of the chosen rows per customer (k,), far above where there is none."""
        days = np.where(where, self["day"], np.int32(2**31 - 1))
        return np.minimum.reduceat(days, self.starts).astype(np.int64) if len(days) else np.empty(0, np.int64)


def money(parts: np.ndarray) -> np.ndarray:
    """Return money as float64, as the engine turns a decimal into one."""
    exact = parts / MONEY
    if not len(parts) or np.abs(parts).max() <= EXACT:
        return exact
    whole = np.trunc(parts // MONEY + (parts < 0) * (parts % MONEY != 0)).astype(np.float64)
    return np.where(np.abs(parts) <= EXACT, exact, whole + (parts - whole.astype(np.int64) * MONEY) / MONEY)


def ratio(above: np.ndarray, below: np.ndarray) -> np.ndarray:
    """Return above / below as float64, nan where `below` is 0."""
    above, below = np.asarray(above, np.float64), np.asarray(below, np.float64)
    return np.divide(above, below, out=np.full(len(above), np.nan), where=below != 0)


def spread(count: np.ndarray, total: np.ndarray, squares: np.ndarray) -> np.ndarray:
    """Return the sample standard deviation from n, Σx and Σx² of integers; nan below two values."""
    return np.sqrt(ratio(count * squares - total * total, count * (count - 1)))


def unless(missing: np.ndarray, value: np.ndarray) -> np.ndarray:
    """Return a value as float64, nan where it is missing."""
    return np.where(missing, np.nan, value)
