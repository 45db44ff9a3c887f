"""Conditions on columns: what a rule says, as text and as the rows that it holds for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from crmlab.maths.encoding import MISSING, levels_of


@dataclass(frozen=True)
class Condition:
    """One column's part of a rule.

    A number x meets it where lower <= x < upper, and a missing one where `unknown`. A text, where
    `levels` are given, meets it where it is one of them, or none of them if `without`.
    """

    column: str
    lower: float = -np.inf
    upper: float = np.inf
    unknown: bool = False
    levels: tuple[str, ...] | None = None
    without: bool = False
    flag: bool = False
    """Whether the column is 0 or 1, and reads so."""

    def holds(self, rows: pd.DataFrame) -> np.ndarray:
        """Tell which rows meet it, (n,)."""
        if self.levels is not None:
            found = levels_of(rows[[self.column]])[self.column].isin(self.levels).to_numpy()
            return ~found if self.without else found
        values = rows[self.column].to_numpy(dtype=float)
        return np.where(np.isnan(values), self.unknown, (values >= self.lower) & (values < self.upper))

    @property
    def text(self) -> str:
        """Say it."""
        if self.levels is not None:
            return self._of_levels()
        known = self._of_limits()
        if not known:
            return f"{self.column} unknown or not" if self.unknown else f"{self.column} known"
        if known == "never":
            return f"{self.column} unknown"
        return f"({known} or unknown)" if self.unknown else known

    def _of_levels(self) -> str:
        """Say which levels."""
        if self.levels == (MISSING,):
            return f"{self.column} {'known' if self.without else 'unknown'}"
        named = " or ".join("unknown" if name == MISSING else name for name in self.levels)
        return f"{self.column} {'is not' if self.without else '='} {named}"

    def _of_limits(self) -> str:
        """Say which numbers; nothing where all meet it."""
        if self.lower == np.inf:
            return "never"
        if self.flag and not np.isinf([self.lower, self.upper]).all():
            return f"{self.column} = {0 if np.isinf(self.lower) else 1}"
        if np.isinf(self.lower):
            return "" if np.isinf(self.upper) else f"{self.column} < {plain(self.upper)}"
        if np.isinf(self.upper):
            return f"{self.column} >= {plain(self.lower)}"
        return f"{plain(self.lower)} <= {self.column} < {plain(self.upper)}"


def missing_only(column: str) -> Condition:
    """Return the condition that a number is not known."""
    return Condition(column, lower=np.inf, unknown=True)


def between(values: pd.Series, lower: float, upper: float, *, unknown: bool = False) -> Condition:
    """Return the condition on a number with limits as short as the train rows' values (n,) allow."""
    known = np.unique(values.dropna().to_numpy(dtype=float))
    flag = bool(np.isin(known, [0.0, 1.0]).all())
    ends = (short(cut, known) for cut in (lower, upper))
    return Condition(str(values.name), *ends, unknown=unknown, flag=flag)


def short(cut: float, known: np.ndarray) -> float:
    """Return the shortest number near `cut` that parts the sorted distinct values (k,) as it does."""
    if np.isinf(cut) or not len(known):
        return cut
    place = int(np.searchsorted(known, cut, side="left"))
    lowest = known[place - 1] if place else -np.inf
    highest = known[place] if place < len(known) else np.inf
    tried = [float(f"{cut:.{digits}g}") for digits in range(1, 9)]
    fitting = [x for x in [*tried, float(np.ceil(cut)), float(highest), float(cut)] if lowest < x <= highest]
    return min(fitting, key=lambda x: (len(plain(x)), abs(x - cut)))


def plain(number: float) -> str:
    """Return a number as people write it."""
    return f"{number:.10f}".rstrip("0").rstrip(".")


def holding(conditions: Sequence[Condition], rows: pd.DataFrame) -> np.ndarray:
    """Tell which rows meet all conditions, (n,)."""
    return np.logical_and.reduce([c.holds(rows) for c in conditions])


def text_of(conditions: Sequence[Condition]) -> str:
    """Say all conditions."""
    return " and ".join(c.text for c in conditions)
