"""Weighted means and counts that several metrics share."""

import numpy as np
import pandas as pd


def mean(values, weights):
    """Return the weighted means of values (n,) under weights (B, n), (B,); nan for weights of 0."""
    total = weights.sum(axis=1, dtype=np.float64)
    return np.divide(weights @ values, total, out=np.full(len(weights), np.nan), where=total > 0)


def mass_by_cell(codes, weights):
    """Return the weight of each cell, (B, c), for the cell codes (n,) 0 to c − 1 of the rows."""
    order = np.argsort(codes, kind="stable")
    starts = np.flatnonzero(np.diff(codes[order], prepend=-1))
    return np.add.reduceat(np.take(weights, order, axis=1).astype(np.float64), starts, axis=1)


def halvings(row_ids, count=4):
    """Yield `count` ways to halve customers, each (n,) of truths, by the bits of a hash of the row id.

    A row's half depends on nothing but its id: neither on the order of rows nor on who else is there, so
    that copies of a customer lie in one half.
    """
    bits = pd.util.hash_array(np.asarray(row_ids, dtype=np.int64))
    for place in range(count):
        yield (bits >> np.uint64(place)) & np.uint64(1) == 1
