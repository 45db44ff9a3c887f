"""Ranked lists: the items of highest score, ties by popularity and then by name; nearest neighbours."""

from __future__ import annotations

import numpy as np
from scipy import sparse


def top(scores: np.ndarray, popularity: np.ndarray, count: int) -> np.ndarray:
    """Return the numbers of the `count` items of highest score of each row, (n, count), best first.

    scores: (n, m), -inf for an item that is not to be offered. popularity: (m,), by which equal scores are
    ordered; equally popular items stand in the order of their numbers. -1 where there is no further item.
    """
    n, m = scores.shape
    found = np.full((n, count), -1, dtype=np.int64)
    if not n or not m:
        return found
    order = np.argsort(-popularity, kind="stable")
    ordered = scores[:, order]
    if m > 4 * count:
        found[:] = [_best(row, count) for row in ordered]
    else:
        best = np.argsort(-ordered, axis=1, kind="stable")[:, :count]
        found[:, : best.shape[1]] = best
    given = np.take_along_axis(ordered, np.maximum(found, 0), axis=1)
    return np.where((found >= 0) & (given > -np.inf), order[np.maximum(found, 0)], -1)


def _best(row: np.ndarray, count: int) -> np.ndarray:
    """Return the places of the highest values of a row, best first, equal ones in order of place."""
    least = np.partition(row, len(row) - count)[len(row) - count]
    above = np.flatnonzero(row > least)
    equal = np.flatnonzero(row == least)[: count - len(above)]
    chosen = np.concatenate([above, equal])
    return chosen[np.argsort(-row[chosen], kind="stable")]


def nearest(matrix: sparse.csr_array, count: int) -> sparse.csr_array:
    """Return the `count` largest entries of each row of a matrix; of equal ones the first."""
    matrix.sort_indices()
    kept = []
    for start, end in zip(matrix.indptr[:-1], matrix.indptr[1:], strict=True):
        values = matrix.data[start:end]
        kept.append(
            start + (np.sort(_best(values, count)) if len(values) > count else np.arange(len(values)))
        )
    chosen = np.concatenate(kept) if kept else np.zeros(0, dtype=np.int64)
    starts = np.concatenate([[0], np.cumsum([len(places) for places in kept])])
    return sparse.csr_array((matrix.data[chosen], matrix.indices[chosen], starts), shape=matrix.shape)
