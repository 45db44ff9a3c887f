"""Tuning within a method: a declared number of trials, judged on later train rows."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.metrics import roc_auc_score

from crmlab.errors import UsageError
from crmlab.methods.classification._inner import at, earlier_and_later, sampled
from crmlab.seeds import generator

MOST_TRIALS: Final = 20
"""The budget: a twin that may try more would be another kind of method."""


ENOUGH_TO_CHOOSE: Final = 25
"""Later rows of each class: with fewer, the AUC's own error (above .05) would do the choosing."""


class Tuned(ClassifierMixin, BaseEstimator):
    """A pipeline with the parameters, of at most `trials` tried, that rank later rows best.

    The first trial is the pipeline as it is given (the untuned twin's defaults); the others are drawn
    without repetition from the grid. Each learns from the earlier train rows, and the AUC on the later
    ones decides; ties go to the earlier trial. The winner learns from all train rows. Where the latest
    rows are too few, nothing is tuned. Raises UsageError outside 1 to MOST_TRIALS trials.

    grid: the values of each parameter, by its name in the pipeline. To be affordable, trials use a
    seeded sample of max_rows train rows and the settings `in_trials` (fewer trees, say); the last
    fit uses neither. details_: `tuned`, what was chosen and what that gained on the later rows.
    """

    def __init__(
        self,
        pipeline: Any,
        grid: Mapping[str, Sequence],
        *,
        trials: int,
        max_rows: int,
        seed: int,
        in_trials: Mapping[str, Any] | None = None,
    ):
        self.pipeline = pipeline
        self.grid = grid
        self.trials = trials
        self.max_rows = max_rows
        self.seed = seed
        self.in_trials = in_trials

    def fit(self, X: pd.DataFrame, y: np.ndarray, inner: np.ndarray | None = None) -> Tuned:
        """Try, choose, and fit on all train rows."""
        if not 1 <= self.trials <= MOST_TRIALS:
            raise UsageError(f"trials = {self.trials!r} must lie between 1 and {MOST_TRIALS}")
        self.classes_ = np.array([0, 1])
        used = sampled(y, max_rows=self.max_rows, seed=self.seed)
        parts = earlier_and_later(y[used], at(inner, used), enough=ENOUGH_TO_CHOOSE)
        if parts is None:
            chosen, self.details_ = {}, {"note": "not tuned: the latest train rows hold too few of a class"}
        else:
            aucs = self._aucs(X.iloc[used], y[used], *parts)
            chosen = self._candidates()[int(np.argmax(aucs))]
            self.details_ = {"tuned": self._told(chosen, aucs, len(used))}
        self.model_ = clone(self.pipeline).set_params(**chosen).fit(X, y)
        return self

    def predict_proba(self, X: pd.DataFrame) -> np.ndarray:
        """Return the probabilities of class 0 and 1, shape (m, 2)."""
        return self.model_.predict_proba(X)

    def _candidates(self) -> list[dict[str, Any]]:
        """Return the parameters of each trial; the first changes nothing."""
        every = [
            dict(zip(self.grid, values, strict=True)) for values in itertools.product(*self.grid.values())
        ]
        given = self.pipeline.get_params()
        others = [c for c in every if any(given[name] != value for name, value in c.items())]
        order = generator(self.seed, "trials").permutation(len(others))[: self.trials - 1]
        return [{}, *(others[i] for i in order)]

    def _aucs(self, X: pd.DataFrame, y: np.ndarray, earlier: np.ndarray, later: np.ndarray) -> list[float]:
        """Return the AUC on the later rows of each trial, fitted on the earlier."""
        aucs = []
        for candidate in self._candidates():
            model = clone(self.pipeline).set_params(**candidate, **(self.in_trials or {}))
            model.fit(X.iloc[earlier], y[earlier])
            aucs.append(roc_auc_score(y[later], model.predict_proba(X.iloc[later])[:, 1]))
        return aucs

    def _told(self, chosen: dict[str, Any], aucs: list[float], rows: int) -> dict[str, Any]:
        """Return the choice as plain JSON: parameters without the names of the pipeline's steps."""
        values = {name: self.pipeline.get_params()[name] for name in self.grid} | chosen
        return {
            "parameters": {name.split("__")[-1]: value for name, value in values.items()},
            "trials": len(aucs),
            "rows": rows,
            "auc_later": round(max(aucs), 6),
            "auc_later_untuned": round(aucs[0], 6),
        }
