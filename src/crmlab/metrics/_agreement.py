"""Agreement of two partitions of the same customers, weighted: the adjusted Rand index."""

import re

import numpy as np
import pandas as pd

from crmlab.metrics._weighting import mass_by_cell


def adjusted_rand(first, second, mass):
    """Return the adjusted Rand index (Hubert and Arabie 1985) under each weighting, (B,).

    first, second: (c,) labels of c cells of customers; mass: (B, c) their weights. A weight counts
    as so many copies. nan where both partitions are trivial: chance agreement is then total.
    """
    rows, columns = pd.factorize(first)[0], pd.factorize(second)[0]
    shape = (rows.max() + 1, columns.max() + 1)
    cells_held, held = np.unique(rows * shape[1] + columns, return_inverse=True)
    table = np.zeros((len(mass), shape[0] * shape[1]))
    table[:, cells_held] = mass_by_cell(held, mass)
    together, table = _same(table), table.reshape(-1, *shape)
    in_first, in_second = _same(table.sum(axis=2)), _same(table.sum(axis=1))
    everyone = _same(table.sum(axis=(1, 2))[:, None])
    by_chance = np.divide(in_first * in_second, everyone, out=np.zeros_like(everyone), where=everyone > 0)
    most = (in_first + in_second) / 2
    possible = most - by_chance
    defined = possible > 1e-12 * everyone
    return np.divide(together - by_chance, possible, out=np.full(len(mass), np.nan), where=defined)


def cells(labels, weights):
    """Return the distinct rows of a label frame, and their weights (B, c): few cells for many customers."""
    code = labels.groupby(list(labels), sort=False).ngroup().to_numpy()
    return labels.drop_duplicates(ignore_index=True), mass_by_cell(code, weights)


def refits_of(answers):
    """Return the names of the answer's columns that hold the labels of bootstrap refits: segment_00, ..."""
    return [c for c in answers if re.fullmatch(r"segment_\d+", c)]


def _same(mass):
    """Return the number of pairs within groups of the given sizes (B, g), (B,)."""
    return (mass * (mass - 1)).sum(axis=1) / 2
