"""The explainable boosting machine: one curve per column and a few pairs, added up."""

from __future__ import annotations

import warnings
from typing import Annotated, Any, Final

import numpy as np
import pandas as pd
from scipy.special import expit
from sklearn.base import BaseEstimator, ClassifierMixin

from crmlab.declare.method import method
from crmlab.declare.parameters import Range
from crmlab.maths.encoding import tree_input

AVX2: Final = 2
"""Interpret's word for arithmetic with AVX2 and nothing beyond it."""


@method(label="Explainable boosting", cite="Lou, Caruana, Gehrke and Hooker 2013")
def explainable_boosting(
    learning_rate: Annotated[float, Range(above=0, high=1)] = 0.04,
    max_rounds: Annotated[int, Range(1)] = 300,
    max_bins: Annotated[int, Range(3)] = 64,
    interactions: Annotated[int, Range(0)] = 5,
    seed: int = 0,
):
    """learning_rate: step of a round. max_rounds: passes over all curves, then over all pairs.

    max_bins: steps of a curve. interactions: pairs of columns.
    """
    return ExplainableBoosting(learning_rate, max_rounds, max_bins, interactions, seed)


class ExplainableBoosting(ClassifierMixin, BaseEstimator):
    """Log odds = intercept + a step function of each column + a table of each chosen pair.

    Fitted by interpret's ExplainableBoostingClassifier with a fixed number of rounds and no
    random hold-out, on all train rows; what is kept are its tables alone.

    After fit: `tables_`, one array of log odds per term; `terms_`, the positions of its columns;
    `cuts_`, per column and resolution the bin edges (numbers) or the bin of each code (levels). Bin 0
    is a missing value. `details_`: `shapes`, per column the name, `importance` (mean absolute log odds
    over train rows), `cuts` or `levels`, the log odds in `log_odds` (one more than cuts) and
    of a missing value; and `interactions`, the pairs with their importance.
    """

    def __init__(self, learning_rate: float, max_rounds: int, max_bins: int, interactions: int, seed: int):
        self.learning_rate = learning_rate
        self.max_rounds = max_rounds
        self.max_bins = max_bins
        self.interactions = interactions
        self.seed = seed

    def fit(self, X: pd.DataFrame, y: np.ndarray) -> ExplainableBoosting:
        """Fit on the train rows and keep the tables."""
        self.classes_ = np.array([0, 1])
        self.input_ = tree_input().fit(X)
        machine = self.machine(X, y)
        self.terms_ = [list(map(int, term)) for term in machine.term_features_]
        self.tables_ = [np.asarray(table) for table in machine.term_scores_]
        self.intercept_ = float(machine.intercept_[0])
        self.cuts_ = [[_cuts(bins) for bins in column] for column in machine.bins_]
        self.details_ = self._details(machine.term_importances())
        return self

    def machine(self, X: pd.DataFrame, y: np.ndarray) -> Any:
        """Return interpret's fitted machine on the encoded train rows."""
        from interpret import develop
        from interpret.glassbox import ExplainableBoostingClassifier

        # with AVX-512, which not every processor has, sums end in other digits
        develop.set_option("acceleration", AVX2)
        columns, numbers = _columns(self.input_)
        machine = ExplainableBoostingClassifier(
            feature_types=["continuous" if i < numbers else "nominal" for i in range(len(columns))],
            learning_rate=self.learning_rate,
            max_rounds=self.max_rounds,
            max_bins=self.max_bins,
            max_interaction_bins=16,
            interactions=self.interactions,
            outer_bags=1,
            validation_size=0,
            n_jobs=1,
            random_state=self.seed,
        )
        with warnings.catch_warnings():
            # interpret's own pictures leave out missing values; `details_` does not
            warnings.filterwarnings("ignore", message="Missing values detected")
            return machine.fit(self.input_.transform(X), y)

    def predict_proba(self, X: pd.DataFrame) -> np.ndarray:
        """Return the probabilities of class 0 and 1, shape (m, 2)."""
        values, odds = self.input_.transform(X), np.full(len(X), self.intercept_)
        for term, table in zip(self.terms_, self.tables_, strict=True):
            # single columns use the first, finer resolution, pairs the last
            bins = [self._bins(values[:, c], self.cuts_[c][: len(term)][-1], c) for c in term]
            odds += table[tuple(bins)]
        rate = expit(odds)
        return np.column_stack([1 - rate, rate])

    def _bins(self, values: np.ndarray, cuts: np.ndarray, column: int) -> np.ndarray:
        """Return the bin of each value of a column, shape (m,)."""
        missing = np.isnan(values)
        if column < _columns(self.input_)[1]:
            return np.where(missing, 0, 1 + np.searchsorted(cuts, values, side="right"))
        return np.where(missing, 0, cuts[np.where(missing, 0, values).astype(int)])

    def _details(self, importances: list[float]) -> dict[str, Any]:
        """Return shapes and interactions as plain JSON."""
        columns, numbers = _columns(self.input_)
        shapes, pairs = [], []
        for term, table, importance in zip(self.terms_, self.tables_, importances, strict=True):
            told = {"importance": round(float(importance), 6)}
            if len(term) > 1:
                pairs.append({"columns": [columns[c] for c in term], **told})
                continue
            c, cuts = term[0], self.cuts_[term[0]][0]
            told = {"column": columns[c], **told, "missing_log_odds": round(float(table[0]), 6)}
            steps = table[1:-1] if c < numbers else table[cuts]
            where = _rounded(cuts) if c < numbers else _levels(self.input_, c - numbers)
            shapes.append({**told, "cuts" if c < numbers else "levels": where, "log_odds": _rounded(steps)})
        return {"shapes": shapes, "interactions": pairs}


def _columns(encoder: Any) -> tuple[list[str], int]:
    """Return the columns in the encoder's order, and how many of them, the first, are numbers."""
    numbers, levels = (list(columns) for _, _, columns in encoder.transformers_[:2])
    return numbers + levels, len(numbers)


def _levels(encoder: Any, place: int) -> list[str]:
    """Return the levels behind the codes 0, 1, ... of a text column, the rare ones as one."""
    ordinal = encoder.named_transformers_["levels"][-1]
    rare = ordinal.infrequent_categories_[place]
    rare = set() if rare is None else set(rare)
    frequent = [str(c) for c in ordinal.categories_[place] if c not in rare]
    return frequent + (["(rare)"] if rare else [])


def _cuts(bins: Any) -> np.ndarray:
    """Return the edges of a numeric column's bins, or the bin of each code of a text column."""
    if not isinstance(bins, dict):
        return np.asarray(bins, dtype=float)
    table = np.zeros(1 + max(int(float(code)) for code in bins), dtype=np.int64)
    for code, place in bins.items():
        table[int(float(code))] = place
    return table


def _rounded(values: np.ndarray) -> list[float]:
    """Return numbers for people."""
    return [round(float(v), 6) for v in values]
