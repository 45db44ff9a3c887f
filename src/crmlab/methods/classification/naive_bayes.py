"""Naive Bayes: normal curves for numbers and rates for levels, multiplied as if independent."""

from __future__ import annotations

from typing import Annotated

import numpy as np
import pandas as pd
from scipy.special import expit
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.preprocessing import OrdinalEncoder

from crmlab.declare.method import method
from crmlab.declare.parameters import Range
from crmlab.maths.encoding import LEVELS, RARE, levels_of, signed_log

FLOOR = 1e-3
"""The least variance of a class, as a share of the column's: a constant class would be certain."""


@method(label="Naive Bayes", cite="Hand and Yu 2001")
def naive_bayes(prior_rows: Annotated[float, Range(above=0)] = 1.0):
    """prior_rows: rows' worth of belief that each level is as frequent in both classes."""
    return NaiveBayes(prior_rows)


class NaiveBayes(ClassifierMixin, BaseEstimator):
    """Adds the log odds that each column gives on its own to the log odds of the base rate.

    Numbers are normal per class after a signed log; a missing number says nothing. Levels have
    their frequency per class, smoothed towards the frequency in all rows; missing is a level, rare
    levels share one, and a level that was not seen in training says nothing.
    """

    def __init__(self, prior_rows: float):
        self.prior_rows = prior_rows

    def fit(self, X: pd.DataFrame, y: np.ndarray) -> NaiveBayes:
        """Estimate means, variances and frequencies of both classes on the train rows."""
        self.classes_ = np.array([0, 1])
        self.numbers_ = list(X.select_dtypes("number").columns)
        self.texts_ = [c for c in X.columns if c not in self.numbers_]
        self.prior_ = float(np.log(np.mean(y)) - np.log1p(-np.mean(y)))
        values = self._values(X)
        moments = [[_moments(values[y == label, j]) for label in (0, 1)] for j in range(values.shape[1])]
        spread = np.array([_moments(column)[1] for column in values.T])
        self.means_ = np.array([[m[0] for m in pair] for pair in moments]).reshape(-1, 2)
        variances = np.array([[m[1] for m in pair] for pair in moments]).reshape(-1, 2)
        floor = FLOOR * np.where(spread > 0, spread, 1.0)
        self.variances_ = np.maximum(variances, floor[:, None])
        self._fit_levels(X, y)
        return self

    def _fit_levels(self, X: pd.DataFrame, y: np.ndarray) -> None:
        """Count the levels of text columns in both classes, and keep each level's log odds."""
        self.odds_: list[np.ndarray] = []
        if not self.texts_:
            return
        self.encoder_ = OrdinalEncoder(
            handle_unknown="use_encoded_value", unknown_value=-1, min_frequency=RARE, max_categories=LEVELS
        )
        for codes in self.encoder_.fit_transform(levels_of(X[self.texts_])).astype(int).T:
            counts = np.array([np.bincount(codes[y == c], minlength=codes.max() + 1) for c in (0, 1)])
            overall = counts.sum(axis=0) / len(y)
            smoothed = counts + self.prior_rows * overall
            share = smoothed / smoothed.sum(axis=1, keepdims=True)
            # one 0 more, which the code -1 of a level not seen reads
            self.odds_.append(np.append(np.log(share[1] / share[0]), 0.0))

    def predict_proba(self, X: pd.DataFrame) -> np.ndarray:
        """Return the probabilities of class 0 and 1, shape (m, 2)."""
        values, odds = self._values(X), np.full(len(X), self.prior_)
        if self.numbers_:
            squares = (values[:, :, None] - self.means_) ** 2 / self.variances_ + np.log(self.variances_)
            # nan where the value is missing, or a class showed none in training
            odds += np.nansum(squares[..., 0] - squares[..., 1], axis=1) / 2
        if self.texts_:
            codes = self.encoder_.transform(levels_of(X[self.texts_])).astype(int)
            odds += sum(table[code] for table, code in zip(self.odds_, codes.T, strict=True))
        rate = expit(odds)
        return np.column_stack([1 - rate, rate])

    def _values(self, X: pd.DataFrame) -> np.ndarray:
        """Return the numbers after a signed log, shape (m, p), NaN where missing."""
        return signed_log(X[self.numbers_].to_numpy(dtype=float))


def _moments(values: np.ndarray) -> tuple[float, float]:
    """Return mean and variance of the known values; nan and 0 where there is none."""
    known = values[~np.isnan(values)]
    return (float(known.mean()), float(known.var())) if len(known) else (np.nan, 0.0)
