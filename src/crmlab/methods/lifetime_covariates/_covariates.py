"""Columns of customers as covariates: indicators of levels and standardised numbers, with their names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from crmlab.maths.encoding import LEVELS, MISSING, RARE, levels_of

OTHER = "(other)"
"""The level that stands for rare ones, and for those that the fit has not seen."""
SAME = 1e-6
"""The part of a covariate that must be its own, beside a constant and the covariates before it."""


@dataclass(frozen=True)
class Number:
    """A numeric column: mean 0 and standard deviation 1 on the rows of the fit, gaps 0 and marked.

    A value beyond those of the fit counts as the nearest of them: a rate is no guess about the unseen.
    """

    mean: float
    standard_deviation: float
    lowest: float
    highest: float

    @classmethod
    def of(cls, values: pd.Series) -> Number:
        """Learn from the rows of a fit, (n,)."""
        known = _finite(values)
        known = known[~np.isnan(known)]
        if not len(known):
            return cls(0.0, 1.0, 0.0, 0.0)
        spread = float(known.std())
        return cls(float(known.mean()), spread or 1.0, float(known.min()), float(known.max()))

    def covariates(self, values: pd.Series) -> pd.DataFrame:
        """Return the number and the mark of its gap, (n, 2), named by what follows the column's name."""
        known = _finite(values)
        z = (np.clip(known, self.lowest, self.highest) - self.mean) / self.standard_deviation
        return pd.DataFrame({"": np.nan_to_num(z), f"={MISSING}": np.isnan(known).astype(np.float64)})

    def told(self) -> dict[str, Any]:
        """Return what a coefficient is per, as plain JSON."""
        return {"mean": self.mean, "standard_deviation": self.standard_deviation}


@dataclass(frozen=True)
class Text:
    """A categorical column: one indicator per level that enough customers of the fit have.

    The most frequent level is the reference and has none. Rare levels share one, or count as the
    reference where they are few together. A gap is a level.
    """

    reference: str
    levels: list[str]
    has_other: bool

    @classmethod
    def of(cls, values: pd.Series) -> Text:
        """Learn from the rows of a fit, (n,)."""
        counts = _texts(values).value_counts().sort_index().sort_values(ascending=False, kind="stable")
        frequent = counts[counts >= RARE].iloc[:LEVELS]
        if frequent.empty:
            return cls(OTHER, [], has_other=False)
        first, *levels = frequent.index.tolist()
        return cls(first, levels, has_other=bool(len(values) - frequent.sum() >= RARE))

    def covariates(self, values: pd.Series) -> pd.DataFrame:
        """Return the indicators, (n, levels), named by what follows the column's name."""
        texts = _texts(values)
        found = {f"={level}": texts == level for level in self.levels}
        if self.has_other:
            found[f"={OTHER}"] = ~texts.isin([self.reference, *self.levels])
        return pd.DataFrame(found, index=texts.index, dtype=np.float64)

    def told(self) -> dict[str, Any]:
        """Return what a coefficient compares with, as plain JSON."""
        return {"reference": self.reference}


class Covariates:
    """Covariates of customers (n, p), learned from the rows of a fit.

    `names_`: (p,) `age_years`, or `source=ads`. A covariate that is constant in the fit, or follows from
    those before it, is left out: `left_out_` names it.
    """

    def __init__(self, columns: Sequence[str]):
        self.columns = columns

    def fit(self, rows: pd.DataFrame) -> Covariates:
        """Learn levels, means and which covariates tell something of their own."""
        self.parts_ = {
            c: (Number if pd.api.types.is_numeric_dtype(rows[c]) else Text).of(rows[c]) for c in self.columns
        }
        every = self._every(rows)
        self.kept_ = independent(every.to_numpy())
        self.names_ = every.columns[self.kept_].tolist()
        self.left_out_ = every.columns.delete(self.kept_).tolist()
        return self

    def transform(self, rows: pd.DataFrame) -> np.ndarray:
        """Return the covariates of customers, (n, p)."""
        return self._every(rows).to_numpy()[:, self.kept_]

    def told(self) -> dict[str, Any]:
        """Return what the coefficients refer to, as plain JSON."""
        return {"columns": {c: p.told() for c, p in self.parts_.items()}, "left_out": self.left_out_}

    def _every(self, rows: pd.DataFrame) -> pd.DataFrame:
        """Return all covariates, also those that are left out."""
        parts = [p.covariates(rows[c].reset_index(drop=True)).add_prefix(c) for c, p in self.parts_.items()]
        return pd.concat(parts, axis=1)


def independent(z: np.ndarray) -> list[int]:
    """Return the columns of z (n, p) that are no combination of a constant and the ones before them.

    By Gram and Schmidt, each projection taken twice.
    """
    basis, kept = np.full((len(z), 1), len(z) ** -0.5), []
    for j, column in enumerate(z.T):
        rest = column
        for _ in range(2):
            rest = rest - basis @ (basis.T @ rest)
        length = np.linalg.norm(rest)
        if length > SAME * np.linalg.norm(column):
            basis = np.column_stack([basis, rest / length])
            kept.append(j)
    return kept


def _finite(values: pd.Series) -> np.ndarray:
    """Return numbers (n,), nan where there is none or it is infinite."""
    numbers = values.to_numpy(dtype=np.float64, na_value=np.nan)
    return np.where(np.isfinite(numbers), numbers, np.nan)


def _texts(values: pd.Series) -> pd.Series:
    """Return the levels of a column, a gap as one of them."""
    return levels_of(values.to_frame()).iloc[:, 0]
