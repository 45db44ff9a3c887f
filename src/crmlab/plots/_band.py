"""Bands around the champion's curve: what other test customers would have changed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from crmlab.comparison.answers import by_window
from crmlab.maths import resampling
from crmlab.maths.ranking import Ranking, along
from crmlab.seeds import generator

REPLICATES = 300
VARIES = "band: test customers (pointwise)"

Curve = Callable[[np.ndarray, np.ndarray], np.ndarray]
"""From the 1s and the rows reached at each depth, (b, d) each as shares of all rows, to a curve (b, d)."""


def curve(comparison: Any, method: str, depths: np.ndarray, of: Curve) -> np.ndarray:
    """Return a method's curve at contact depths (d,), the mean over windows with a value, (d,)."""
    return _replicated(comparison, method, depths, of, replicates=0)[0]


def band(comparison: Any, method: str, depths: np.ndarray, of: Curve) -> tuple[np.ndarray, np.ndarray]:
    """Return the lower and upper end of a method's curve at each depth, (d,), at the comparison's level.

    Bootstrap of the test customers, each with one weight in all windows. It leaves out what other
    train customers would have changed: the board's interval has that too.
    """
    point, *drawn = _replicated(comparison, method, depths, of, replicates=REPLICATES)
    columns = zip(point, np.array(drawn).T, strict=True)
    ends = [resampling.interval_from_replicates(v, d, level=comparison.level) for v, d in columns]
    return tuple(np.array(ends).T)


def _replicated(
    comparison: Any, method: str, depths: np.ndarray, of: Curve, *, replicates: int
) -> np.ndarray:
    """Return the curve at weights of one, then under each bootstrap weighting, (1 + replicates, d)."""
    frames = list(by_window(comparison, method))
    owner = comparison.problem.rows.set_index("row_id")["customer"]
    codes, known = pd.factorize(owner.loc[np.concatenate([f["row_id"] for f in frames])])
    rng = generator(comparison.seed, "band", comparison.name, method)
    drawn = resampling.poisson_weights(np.arange(len(known)), replicates, rng)[:, codes]
    weights = np.concatenate([np.ones((1, len(codes)), dtype=np.uint8), drawn])
    parts = np.split(weights, np.cumsum([len(f) for f in frames])[:-1], axis=1)
    curves = [_reached(f, w, depths, of) for f, w in zip(frames, parts, strict=True)]
    # a window without a 1 has no lift; it is left out of the mean
    kept = [c for c in curves if not np.isnan(c[0]).any()]
    return np.mean(kept, axis=0) if kept else np.full((1 + replicates, len(depths)), np.nan)


def _reached(frame: pd.DataFrame, weights: np.ndarray, depths: np.ndarray, of: Curve) -> np.ndarray:
    """Return one window's curve under weightings (b, n), (b, d); ties count as a random order."""
    found = []
    for _, positive, negative in Ranking(frame["outcome"].to_numpy(), frame["score"].to_numpy()).masses(
        weights
    ):
        rows, ones = np.cumsum(positive + negative, axis=1), np.cumsum(positive, axis=1)
        total = rows[:, -1:]
        with np.errstate(invalid="ignore", divide="ignore"):  # a weighting without rows, or without a 1
            found.append(
                of(
                    along(rows, ones, depths * total) / total,
                    np.broadcast_to(depths, (len(rows), len(depths))),
                )
            )
    return np.concatenate(found)
