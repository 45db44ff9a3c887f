"""Folds: which rows train and which test, under each protocol.

A fold is a *window*: an origin, a hold-out, a block, or a cross-validation split. Each protocol returns the
frame `fold, row_id, part` and a list of facts `{fold, window, cutoff, n_train, n_test}`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd

from crmlab.errors import UsageError, did_you_mean
from crmlab.history.windows import Window
from crmlab.seeds import generator
from crmlab.vocabulary import TEST, TRAIN


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
    return _folds(splits)


def stacked(origins: pd.Series, *, train: Sequence[Window], test: Sequence[Window]) -> Folds:
    """Return one window of all test origins, trained on all train origins: stacked landmarks.

    origins: cutoff of each row, in order of row_id. train, test: label windows by origin, those of train
    closed at the first test origin. Raises UsageError where a test origin has no row, or a train window
    reaches beyond the first test origin.
    """
    first = min(w.cutoff for w in test)
    for window in test:
        if not (origins == window.cutoff).any():
            raise UsageError(f"no customer in the population at the test cutoff {window.cutoff:%Y-%m-%d}")
    for window in train:
        if window.end > first:
            raise UsageError(f"the train cutoff {window.cutoff:%Y-%m-%d} is followed beyond {first:%Y-%m-%d}")
    learns, judges = (origins.isin([w.cutoff for w in part]) for part in (train, test))
    split = _Split(np.flatnonzero(learns), np.flatnonzero(judges), first.date().isoformat())
    return _folds([split])


def chronological(period: pd.Series, *, train_share: float) -> Folds:
    """Return one window: the first `train_share` of rows by period trains, the rest tests.

    period: order of time blocks, by row_id; a block is never cut in two (it goes to the test part
    whole). Raises UsageError where the rows have no period or a part would be empty.
    """
    if not 0 < train_share < 1:
        raise UsageError(f"train_share = {train_share!r} must lie between 0 and 1")
    order = _in_time(period, "chronological")
    first_test = np.sort(order)[int(len(order) * train_share)]
    is_train = order < first_test
    if not is_train.any():
        raise UsageError(
            f"train_share = {train_share!r} cuts within the first period: no row is left to train on"
        )
    return _folds([_Split(np.flatnonzero(is_train), np.flatnonzero(~is_train))])


def blocks(
    period: pd.Series,
    *,
    first_share: float | None = None,
    windows: int | None = None,
    test_periods: Sequence[int] | None = None,
) -> Folds:
    """Return one window per block in time, each trained on everything before its block.

    period: order of the rows in time, by row_id. Blocks are either the named `test_periods`, or
    `windows` blocks of equally many rows that follow the first `first_share` of rows; rows of one
    period always stay together. Raises UsageError where the rows have no period, where it is not
    said which blocks are meant, and where a block or what lies before it would be empty.
    """
    order = _in_time(period, "blocks")
    by_rows = (first_share is not None, windows is not None)
    if any(by_rows) != all(by_rows) or any(by_rows) == (test_periods is not None):
        raise UsageError("blocks are told either by test_periods, or by first_share and windows together")
    spans = _named(order, test_periods) if test_periods is not None else _equal(order, first_share, windows)
    splits = [
        _Split(np.flatnonzero(order < first), np.flatnonzero((first <= order) & (order < end)))
        for first, end in spans
    ]
    return _folds(splits)


def _in_time(period: pd.Series, protocol: str) -> np.ndarray:
    """Return the period of each row. Raises UsageError where one has none."""
    if period.isna().any():
        raise UsageError(
            f"{int(period.isna().sum())} of {len(period)} rows have no period: the protocol '{protocol}' "
            "needs one for each; use cross_validation"
        )
    return period.to_numpy()


def _named(order: np.ndarray, test_periods: Sequence[int]) -> list[tuple[int, int]]:
    """Return [first, end) of each named period, in order. Raises UsageError for one that cannot test."""
    known = np.unique(order).tolist()
    for named in test_periods:
        if named not in known:
            raise UsageError(
                f"test_periods: no row has the period {named!r}.{did_you_mean(str(named), map(str, known))}"
            )
        if named == known[0]:
            raise UsageError(
                f"test_periods: {named!r} is the first period, so nothing lies before it to train on"
            )
    if not test_periods or len(set(test_periods)) < len(test_periods):
        raise UsageError(f"test_periods = {list(test_periods)!r} must name at least one period, each once")
    return [(p, p + 1) for p in sorted(test_periods)]


def _equal(order: np.ndarray, first_share: float, windows: int) -> list[tuple[int, int]]:
    """Return [first, end) of each block of equally many rows. Raises UsageError for an empty one."""
    if not 0 < first_share < 1:
        raise UsageError(f"first_share = {first_share!r} must lie between 0 and 1")
    if windows < 1:
        raise UsageError(f"windows = {windows!r} must be at least 1")
    ordered = np.sort(order)
    first = int(len(ordered) * first_share)
    at = first + np.arange(windows) * (len(ordered) - first) // windows
    edges = [*ordered[at].tolist(), int(ordered[-1]) + 1]
    if edges[0] == ordered[0]:
        raise UsageError(
            f"first_share = {first_share!r} cuts within the first period: no row is left to train on"
        )
    same = next((a for a, b in pairwise(edges) if a == b), None)
    if same is not None:
        raise UsageError(
            f"windows = {windows} would cut the period {same} in two: take fewer, or name test_periods"
        )
    return list(pairwise(edges))


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
    return _folds(splits)


def _folds(splits: Sequence[_Split]) -> Folds:
    """Return a fold per window, in order."""
    facts = [
        {
            "fold": number,
            "window": number,
            "cutoff": split.cutoff,
            "n_train": len(split.train),
            "n_test": len(split.test),
        }
        for number, split in enumerate(splits)
    ]
    frames = [_frame(number, split) for number, split in enumerate(splits)]
    return Folds(pd.concat(frames, ignore_index=True), facts)


def _frame(fold: int, split: _Split) -> pd.DataFrame:
    """Return `fold, row_id, part` of one fold, in order of row_id."""
    ids = np.concatenate([split.train, split.test]).astype(np.int64)
    part = np.repeat([TRAIN, TEST], [len(split.train), len(split.test)])
    frame = pd.DataFrame({"fold": np.int64(fold), "row_id": ids, "part": pd.array(part, dtype="str")})
    return frame.sort_values("row_id", ignore_index=True)
