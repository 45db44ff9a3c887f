"""Folds: which rows train and which test, under each protocol.

A fold belongs to a *window* (an origin, a hold-out, a cross-validation split); *refits* of a window
repeat it, rows and all, with another training seed. Each protocol returns the frame
`fold, row_id, part` and a list of facts `{fold, window, refit, cutoff, n_train, n_test}`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from crmlab.errors import UsageError
from crmlab.seeds import generator
from crmlab.windows import Window

TRAIN, TEST = "train", "test"


@dataclass(frozen=True)
class Folds:
    """The folds of a problem: `frame` (fold, row_id, part) and `facts`, one dict per fold."""

    frame: pd.DataFrame
    facts: list[dict[str, Any]]


@dataclass(frozen=True)
class _Split:
    """One window: the row ids that train and test, and its cutoff where it has one."""

    train: np.ndarray
    test: np.ndarray
    cutoff: str | None = None


def rolling(
    origins: pd.Series,
    *,
    train: Sequence[Window],
    test: Sequence[Window],
    refits: int = 1,
) -> Folds:
    """Return one window per test origin, trained on the train origins whose labels are known by then.

    origins: cutoff of each row, in order of row_id. train, test: label windows by origin. A train
    origin counts where cutoff + gap + horizon <= test cutoff. Raises UsageError where a test
    origin has no row.
    """
    splits = []
    for window in sorted(test, key=lambda w: w.cutoff):
        known = [w.cutoff for w in train if w.end <= window.cutoff]
        chosen = np.flatnonzero(origins == window.cutoff)
        if len(chosen) == 0:
            raise UsageError(f"no customer in the population at the test cutoff {window.cutoff:%Y-%m-%d}")
        splits.append(_Split(np.flatnonzero(origins.isin(known)), chosen, window.cutoff.date().isoformat()))
    return _folds(splits, refits)


def chronological(period: pd.Series, *, train_share: float, refits: int = 1) -> Folds:
    """Return one window: the first `train_share` of rows by period trains, the rest tests.

    period: order of time blocks, by row_id; a block is never cut in two (it goes to the test part
    whole). Raises UsageError where the rows have no period or a part would be empty.
    """
    if not 0 < train_share < 1:
        raise UsageError(f"train_share = {train_share!r} must lie between 0 and 1")
    if period.isna().any():
        raise UsageError(
            f"{int(period.isna().sum())} of {len(period)} rows have no period: the chronological protocol "
            "needs one for each; use cross_validation"
        )
    first_test = np.sort(period.to_numpy())[int(len(period) * train_share)]
    is_train = period.to_numpy() < first_test
    if not is_train.any():
        raise UsageError(
            f"train_share = {train_share!r} cuts within the first period: no row is left to train on"
        )
    return _folds([_Split(np.flatnonzero(is_train), np.flatnonzero(~is_train))], refits)


def cross_validation(outcome: np.ndarray, *, folds: int, repeats: int = 1, seed: int) -> Folds:
    """Return folds x repeats windows, stratified by outcome, each repeat shuffled by its own seed.

    Raises UsageError where a class has fewer rows than there are folds.
    """
    classes, counts = np.unique(outcome, return_counts=True)
    if folds < 2 or repeats < 1:
        raise UsageError(f"folds = {folds!r} must be at least 2 and repeats = {repeats!r} at least 1")
    if counts.min() < folds:
        rare = classes[counts.argmin()]
        raise UsageError(f"only {counts.min()} rows have the outcome {rare}: too few for {folds} folds")
    splits = []
    for repeat in range(repeats):
        shuffled = generator(seed, "cross_validation", repeat).permutation(len(outcome))
        # dealt like cards, one class after the other: classes and sizes differ by at most one row
        dealt = shuffled[np.argsort(outcome[shuffled], kind="stable")]
        part = np.empty(len(outcome), dtype=np.int64)
        part[dealt] = np.arange(len(outcome)) % folds
        splits += [_Split(np.flatnonzero(part != f), np.flatnonzero(part == f)) for f in range(folds)]
    return _folds(splits, refits=1)


def _folds(splits: Sequence[_Split], refits: int) -> Folds:
    """Return a fold per window, then the refits of the last window (refit 1, 2, ...)."""
    if refits < 1:
        raise UsageError(f"refits = {refits!r} must be at least 1 (1 = one fit per window)")
    last = len(splits) - 1
    plan = [(window, 0) for window in range(len(splits))] + [(last, r) for r in range(1, refits)]
    facts, frames = [], []
    for fold, (window, refit) in enumerate(plan):
        split = splits[window]
        frames.append(_frame(fold, split))
        facts.append(
            {
                "fold": fold,
                "window": window,
                "refit": refit,
                "cutoff": split.cutoff,
                "n_train": len(split.train),
                "n_test": len(split.test),
            }
        )
    return Folds(pd.concat(frames, ignore_index=True), facts)


def _frame(fold: int, split: _Split) -> pd.DataFrame:
    """Return `fold, row_id, part` of one fold, in order of row_id."""
    ids = np.concatenate([split.train, split.test]).astype(np.int64)
    part = np.repeat([TRAIN, TEST], [len(split.train), len(split.test)])
    frame = pd.DataFrame({"fold": np.int64(fold), "row_id": ids, "part": pd.array(part, dtype="str")})
    return frame.sort_values("row_id", ignore_index=True)
