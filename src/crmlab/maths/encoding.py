"""How columns become numbers: the preprocessing inside a method, fitted on its train rows only.

Each function returns an unfitted scikit-learn transformer for a frame with numeric columns (NaN is
missing) and text columns (None or NaN is missing). No column list is needed: the types decide.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, OneToOneFeatureMixin, TransformerMixin
from sklearn.compose import ColumnTransformer, make_column_selector
from sklearn.impute import SimpleImputer
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, OrdinalEncoder, StandardScaler

RARE: Final = 20
"""A level with fewer train rows than this is not told apart from other rare levels."""

LEVELS: Final = 50
"""At most so many levels of a column are told apart, the most frequent ones."""

MISSING: Final = "(missing)"
"""The level that stands for a missing text."""


def linear_input() -> ColumnTransformer:
    """Columns for a linear model: standardised numbers without gaps, indicators of levels.

    Numbers: signed log, gaps filled with the median and marked by an indicator, mean 0 and standard
    deviation 1. Texts: one column per level; missing is a level, rare levels share one, and a
    level that was not seen in training counts as rare.
    """
    numbers = make_pipeline(
        FunctionTransformer(signed_log),
        # an all-missing column stays (as a constant): the columns must not depend on the fold
        SimpleImputer(strategy="median", add_indicator=True, keep_empty_features=True),
        StandardScaler(),
    )
    levels = OneHotEncoder(
        handle_unknown="infrequent_if_exist", min_frequency=RARE, max_categories=LEVELS, sparse_output=False
    )
    return _by_type(numbers, levels)


def tree_input() -> ColumnTransformer:
    """Columns for learners that split and take NaN: numbers with their gaps, levels as codes.

    Texts: a code per level in alphabetical order; missing is a level, rare levels share a code, and
    a level that was not seen in training becomes NaN.
    """
    codes = OrdinalEncoder(
        handle_unknown="use_encoded_value", unknown_value=np.nan, min_frequency=RARE, max_categories=LEVELS
    )
    return _by_type(EmptyAsZero(), codes)


def segment_input() -> Pipeline:
    """Columns for distances between customers: no gaps, no long tails, equal spread.

    Gaps take the median; then signed log, the outer 1 % of train rows on each side pulled in, mean 0
    and standard deviation 1. A column that is constant in the train rows is 0. Values are rounded
    to 6 decimals, so that customers who differ by rounding errors only are the same point.
    """
    return make_pipeline(
        SimpleImputer(strategy="median", keep_empty_features=True),
        FunctionTransformer(signed_log),
        Winsoriser(),
        StandardScaler(),
        FunctionTransformer(np.round, kw_args={"decimals": 6}),
    )


def signed_log(values: pd.DataFrame | np.ndarray) -> pd.DataFrame | np.ndarray:
    """Return sign(x) log(1 + |x|): the logarithm for money and counts that may be 0 or negative."""
    return np.sign(values) * np.log1p(np.abs(values))


def levels_of(frame: pd.DataFrame) -> pd.DataFrame:
    """Return every value as text, and a missing one, however it is written, as the level MISSING."""
    return pd.DataFrame({name: _levels(column) for name, column in frame.items()}, frame.index, dtype=object)


def _levels(column: pd.Series) -> np.ndarray:
    """Return a column's values as text, (n,), each different one made into text once."""
    codes, values = pd.factorize(column)
    return np.array([*map(str, values), MISSING], dtype=object)[codes]


class EmptyAsZero(OneToOneFeatureMixin, TransformerMixin, BaseEstimator):
    """Makes columns without any value in the train rows constant, and leaves all others alone.

    Histogram boosting cannot cut a column of which it saw no value.
    """

    def fit(self, X: pd.DataFrame, y: object = None) -> EmptyAsZero:
        """Find the empty columns of the train rows X (n, p)."""
        self.n_features_in_ = X.shape[1]
        self.empty_ = np.isnan(np.asarray(X, dtype=float)).all(axis=0)
        return self

    def transform(self, X: pd.DataFrame) -> np.ndarray:
        """Return X (m, p) with 0 in those columns."""
        return np.where(self.empty_, 0.0, np.asarray(X, dtype=float))


class Winsoriser(OneToOneFeatureMixin, TransformerMixin, BaseEstimator):
    """Pulls values outside the train rows' outer quantiles in to them (Tukey 1962).

    share: the part of the train rows beyond the limits on each side.
    """

    def __init__(self, share: float = 0.01):
        self.share = share

    def fit(self, X: np.ndarray, y: object = None) -> Winsoriser:
        """Take the limits of each column from the train rows X (n, p)."""
        self.n_features_in_ = X.shape[1]
        # limits are observed values: a column that is nearly always 0 has the limits 0 and 0
        self.lower_ = np.quantile(X, self.share, axis=0, method="higher")
        self.upper_ = np.quantile(X, 1 - self.share, axis=0, method="lower")
        return self

    def transform(self, X: np.ndarray) -> np.ndarray:
        """Return X (m, p) within the limits."""
        return np.clip(X, self.lower_, self.upper_)


def _by_type(numbers: object, levels: object) -> ColumnTransformer:
    """Send numeric columns through `numbers`, and all others, as text, through `levels`."""
    return ColumnTransformer(
        [
            ("numbers", numbers, make_column_selector(dtype_include="number")),
            (
                "levels",
                make_pipeline(FunctionTransformer(levels_of), levels),
                make_column_selector(dtype_exclude="number"),
            ),
        ]
    )
