"""Evidence: how often the test customers of a group are positive, and how much more than all."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import pandas as pd
from scipy.stats import binomtest

from crmlab.explain.window import LastWindow
from crmlab.maths import resampling
from crmlab.seeds import generator

FEWEST: Final = 30
"""Of fewer test customers nothing is said."""

REPLICATES: Final = 1000


def evidence(window: LastWindow, masks: Sequence[np.ndarray], *, level: float) -> pd.DataFrame:
    """Return one row per group of test rows, given as masks (m,): how often it is positive.

    Columns: `n`, `support` (share of the test rows), `rate` with `rate_lower` and `rate_upper`
    (Wilson 1927), `lift` (the rate over the rate of all) with `lift_lower` and `lift_upper`
    (bootstrap of the test customers: both rates vary). nan below FEWEST rows.
    """
    if not len(masks):
        return pd.DataFrame(columns=["n", "support", *_named("rate"), *_named("lift")])
    inside = np.column_stack(masks)
    outcome = np.asarray(window.test_outcome, dtype=float)
    lifts = _lifts(inside, outcome, np.ones((1, len(outcome))))[0]
    drawn = resampling.poisson_weights(
        window.customers, REPLICATES, generator(window.seed, "why", "evidence")
    )
    replicates = _lifts(inside, outcome, drawn)
    rows = []
    for place, n in enumerate(inside.sum(axis=0)):
        row = {"n": int(n), "support": n / len(outcome)}
        if n >= FEWEST:
            ones = int(outcome[inside[:, place]].sum())
            bounds = binomtest(ones, int(n)).proportion_ci(level, method="wilson")
            around = resampling.interval_from_replicates(lifts[place], replicates[:, place], level=level)
            row |= dict(zip(_named("rate"), (ones / n, bounds.low, bounds.high), strict=True))
            row |= dict(zip(_named("lift"), (lifts[place], *around), strict=True))
        rows.append(row)
    return pd.DataFrame(rows, columns=["n", "support", *_named("rate"), *_named("lift")])


def _named(value: str) -> list[str]:
    """Return the columns of a value and its interval."""
    return [value, f"{value}_lower", f"{value}_upper"]


def _lifts(inside: np.ndarray, outcome: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Return the lift of k groups (m, k) under weightings (B, m), (B, k); nan where undefined."""
    # counts below 2^24 are exact in 32 bits
    counts = np.column_stack([inside, inside * outcome[:, None], outcome, np.ones_like(outcome)])
    sums = (weights.astype(np.float32) @ counts.astype(np.float32)).astype(float)
    groups = inside.shape[1]
    size, ones, all_ones, all_rows = (
        sums[:, :groups],
        sums[:, groups : 2 * groups],
        sums[:, [-2]],
        sums[:, [-1]],
    )
    below = size * all_ones
    return np.divide(ones * all_rows, below, out=np.full(size.shape, np.nan), where=below > 0)
