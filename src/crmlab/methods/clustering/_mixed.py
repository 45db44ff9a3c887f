"""What methods share that cluster texts beside numbers: the gate, and the choice of k without a gap."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator

from crmlab.errors import NotApplicable
from crmlab.maths.encoding import segment_input
from crmlab.maths.structure import dip_gate, unrounded
from crmlab.methods.clustering._choice import (
    ALPHA,
    CURVE_ROWS,
    DENSITY_ROWS,
    GATE_ROWS,
    MOST,
    RULES,
    best_of,
    densities_of,
    drawn,
    gate_facts,
    refitted_labels,
    stability,
)
from crmlab.seeds import seed_of


def gate(X: pd.DataFrame, *, seed: int) -> dict[str, Any]:
    """Return the test of structure of the numeric columns of X (n, p), as plain JSON.

    The columns are on the common scale, whole numbers without their lattice. Texts are not tested.
    Raises NotApplicable where there is no numeric column.
    """
    numbers = X.select_dtypes("number")
    if not numbers.shape[1]:
        raise NotApplicable("no numeric column to segment on; the rows have " + ", ".join(X.columns))
    smooth = unrounded(numbers.to_numpy(dtype=float), seed=seed_of(seed, "gate"))
    points = segment_input().fit_transform(pd.DataFrame(smooth, columns=numbers.columns))
    return gate_facts(dip_gate(points, seed=seed_of(seed, "gate"), most=GATE_ROWS))


def choose(
    learner: BaseEstimator, quick: BaseEstimator, X: pd.DataFrame, points: np.ndarray, *, by: str, seed: int
) -> dict[str, Any]:
    """Return the choice of k as plain JSON, as `_choice.choose` does, but without the gap statistic.

    That one needs a cloud in the space of the points, which levels of texts do not have. learner:
    unfitted, clusters `points` (n, q) into `k`; quick: the same with few starts, for the refits that
    show stability. X: the rows behind the points, for the gate. by: "stability" or "bic"; with "bic",
    one segment is compared as well.
    """
    choice = {"gate": gate(X, seed=seed), "rule": RULES[by], "k": 1, "curve": []}
    sample = drawn(points, CURVE_ROWS, seed=seed)
    ks = range(2, min(MOST, len(np.unique(sample, axis=0))) + 1)
    if choice["gate"]["p"] >= ALPHA or not ks:
        return choice
    labels = refitted_labels(quick, "k", sample, ks, seed=seed)
    densities = densities_of(learner, "k", drawn(points, DENSITY_ROWS, seed=seed), [1, *ks])
    for k, agreement, density in zip(ks, labels, densities[1:], strict=True):
        choice["curve"].append({"k": k} | stability(agreement) | {"gap": None, "gap_se": None} | density)
    one = densities[0]["bic"]
    best = best_of(choice["curve"], by)
    if by == "bic" and one is not None:
        choice["bic_of_one"] = one
        rivals = [at_k["bic"] for at_k in choice["curve"] if at_k["bic"] is not None]
        best = 1 if one <= min(rivals, default=np.inf) else best
    return choice | {"k": best}


def closeness(distances: np.ndarray, own: np.ndarray) -> pd.DataFrame:
    """Return `distance` to the own segment and `margin` 1 - d1/d2 to the next, one row each.

    distances: (m, k). own: the segment of each row, (m,). With one segment there is no next one: the
    margin is 1.
    """
    far = distances.copy()
    rows = np.arange(len(far))
    distance = far[rows, own].copy()
    far[rows, own] = np.inf
    nearest = far.min(axis=1)
    margin = 1 - np.divide(distance, nearest, out=np.ones_like(distance), where=nearest > 0)
    return pd.DataFrame({"distance": distance, "margin": np.clip(margin, 0, 1)})
