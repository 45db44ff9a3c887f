"""The profile of segments: what sets each apart, item by item, with intervals."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import pandas as pd

from crmlab.maths.resampling import interval_from_replicates, poisson_weights
from crmlab.seeds import generator
from crmlab.segments.assigned import Assigned
from crmlab.segments.parts import Part, association_parts, column_parts, loyalty_parts, next_parts
from crmlab.segments.suppression import hidden

CHUNK: Final = 40
"""Weightings that stand in memory at once."""


def profile(assigned: Assigned, *, level: float = 0.95, replicates: int = 400) -> pd.DataFrame:
    """Return one row per item and segment: what the segment is like beside all customers.

    Columns: `part` (column, loyalty, category, channel, country, next), `item`, `segment`, `customers` in the
    cell, `mean` (of a number; else a share, 0 to 1), `over_index` (100 × segment mean / overall mean;
    None where values may be negative), `difference` (segment minus rest, in pooled standard
    deviations of customers: Cohen 1988), both with `_lower` and `_upper` by a bootstrap over
    customers, and `suppressed`: cells that `suppression.hidden` hides hold None.
    """
    makers = (column_parts, loyalty_parts, association_parts, next_parts)
    parts = [part for maker in makers for part in maker(assigned)]
    again = _replicated(parts, assigned, replicates)
    tables = [_table(p, assigned, draws, level) for p, draws in zip(parts, again, strict=True)]
    return pd.concat(tables, ignore_index=True)


def differences(assigned: Assigned) -> pd.DataFrame:
    """Return the standardised differences of the columns: a row per item, a column per segment.

    nan where a column does not vary, and where too few customers make up the cell.
    """
    found = []
    for part in column_parts(assigned):
        _, _, difference = _measures(part, assigned, np.ones((1, len(assigned.rows))))
        shown = np.where(_hidden(part, assigned), np.nan, difference[0])
        found.append(pd.DataFrame(shown.T, index=part.items, columns=assigned.segments))
    return pd.concat(found)


def _table(part: Part, assigned: Assigned, again: Sequence[np.ndarray], level: float) -> pd.DataFrame:
    """Return the rows of one part, its intervals from the replicates of over-index and difference."""
    mean, index, difference = (m[0] for m in _measures(part, assigned, np.ones((1, len(assigned.rows)))))
    counts, cells = _counts(part, assigned), _hidden(part, assigned)
    rows = []
    for p, item in enumerate(part.items):
        for s, segment in enumerate(assigned.segments):
            row = {"part": part.name, "item": item, "segment": segment, "suppressed": bool(cells[s, p])}
            if not cells[s, p]:
                row |= {"customers": int(counts[s, p]), "mean": float(mean[s, p])}
                for name, value, draws in zip(
                    ("over_index", "difference"), (index, difference), again, strict=True
                ):
                    bounds = interval_from_replicates(value[s, p], draws[:, s, p], level=level)
                    row |= {name: value[s, p], f"{name}_lower": bounds[0], f"{name}_upper": bounds[1]}
            rows.append(row)
    return pd.DataFrame(rows).reindex(columns=COLUMNS).astype({"customers": "Int64"})


COLUMNS: Final = [
    "part",
    "item",
    "segment",
    "customers",
    "mean",
    *(f"{m}{end}" for m in ("over_index", "difference") for end in ("", "_lower", "_upper")),
    "suppressed",
]


def _hidden(part: Part, assigned: Assigned) -> np.ndarray:
    """Tell which cells (k, p) of a part are hidden."""
    return hidden(_counts(part, assigned), adds_up=part.adds_up)


def _counts(part: Part, assigned: Assigned) -> np.ndarray:
    """Return how many customers make up each cell, (k, p)."""
    labels = assigned.labels
    return np.array([part.counted[labels == s].sum(axis=0) for s in assigned.segments])


def _replicated(parts: Sequence[Part], assigned: Assigned, replicates: int) -> list[list[np.ndarray]]:
    """Return each part's over-index and difference under bootstrap weights of the customers, (B, k, p)."""
    rng = generator(assigned.seed, "segment profile")
    customers, found = np.arange(len(assigned.rows)), [[] for _ in parts]
    for start in range(0, replicates, CHUNK):
        weights = poisson_weights(customers, min(CHUNK, replicates - start), rng).astype(np.float64)
        for part, draws in zip(parts, found, strict=True):
            draws.append(_measures(part, assigned, weights)[1:])
    return [[np.concatenate(d) for d in zip(*draws, strict=True)] for draws in found]


def _measures(part: Part, assigned: Assigned, weights: np.ndarray) -> tuple[np.ndarray, ...]:
    """Return mean, over-index and standardised difference under weights (B, n): (B, k, p) each."""
    above, below = (_by_segment(x, assigned, weights) for x in (part.above, part.below))
    mean = _ratio(above, below)
    overall = _ratio(above.sum(axis=1, keepdims=True), below.sum(axis=1, keepdims=True))
    is_sum = (part.above >= 0).all(axis=0)
    index = np.where(is_sum & (overall > 0), 100 * _ratio(mean, overall), np.nan)
    return mean, index, _standardised(part, assigned, weights)


def _standardised(part: Part, assigned: Assigned, weights: np.ndarray) -> np.ndarray:
    """Return (mean of the segment − mean of the rest) / pooled standard deviation, (B, k, p)."""
    known = (part.below > 0).astype(np.float64)
    # around the overall mean: the squares of large numbers with little spread would lose it
    own = _ratio(part.above, part.below)
    own = np.where(known > 0, own - _ratio(part.above.sum(axis=0), part.below.sum(axis=0)), 0.0)
    n, total, squares = (_by_segment(x, assigned, weights) for x in (known, own, own**2))
    n_rest, total_rest = (x.sum(axis=1, keepdims=True) - x for x in (n, total))
    spread = squares.sum(axis=1, keepdims=True) - _ratio(total**2, n) - _ratio(total_rest**2, n_rest)
    variance = _ratio(np.maximum(spread, 0), n + n_rest - 2)
    apart = _ratio(total, n) - _ratio(total_rest, n_rest)
    return _ratio(apart, np.sqrt(np.where(variance > 1e-24, variance, np.nan)))


def _by_segment(values: np.ndarray, assigned: Assigned, weights: np.ndarray) -> np.ndarray:
    """Return the weighted sums of values (n, p) in each segment, (B, k, p)."""
    labels = assigned.labels
    return np.stack([weights[:, labels == s] @ values[labels == s] for s in assigned.segments], axis=1)


def _ratio(above: np.ndarray, below: np.ndarray) -> np.ndarray:
    """Return above / below, nan where `below` is not positive."""
    above, below = np.broadcast_arrays(above, below)
    return np.divide(above, below, out=np.full(above.shape, np.nan), where=below > 0)
