"""Cells with too few customers: which ones are hidden, so that nobody can work them out."""

from __future__ import annotations

from typing import Final

import numpy as np

LEAST: Final = 10
"""Cells with fewer customers are hidden."""


def hidden(counts: np.ndarray, *, adds_up: bool = False, least: int = LEAST) -> np.ndarray:
    """Tell which cells of a table are hidden, (k, p), from its numbers of customers (k, p).

    A cell under `least` is hidden. Totals over segments are known (over-indices show them), so a
    lone hidden cell of a column could be got back by subtraction: of each column that hides any, at
    least two cells and at least `least` customers are hidden, the smallest first (complementary
    suppression: Willenborg and de Waal 2001). adds_up: the columns divide the same whole, so the
    same holds along each row.
    """
    found = counts < least
    while True:
        wider = _complemented(found, counts, least)
        if adds_up:
            wider = _complemented(wider.T, counts.T, least).T
        if np.array_equal(wider, found):
            return found
        found = wider


def _complemented(found: np.ndarray, counts: np.ndarray, least: int) -> np.ndarray:
    """Hide further cells of each column until what its hidden ones hold together cannot be told."""
    wider = found.copy()
    for column in np.flatnonzero(found.any(axis=0)):
        for row in np.argsort(counts[:, column], kind="stable"):
            own = wider[:, column]
            if own.sum() >= 2 and counts[own, column].sum() >= least:
                break
            own[row] = True
    return wider
