"""How many segments: a gate that may say "none", then a rule over k = 2 to 8, on train rows only."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
from sklearn.base import BaseEstimator, clone
from sklearn.exceptions import ConvergenceWarning

from crmlab.maths.structure import Gate, bic, dip_gate, gap_statistic, icl, pairwise_rand
from crmlab.seeds import generator, seed_of

ALPHA: Final = 0.01
"""The level of the gate."""

MOST: Final = 8
"""The largest number of segments that is tried."""

REFITS: Final = 10
"""Bootstrap refits per k from which stability is measured."""

REFERENCES: Final = 5
"""Reference clouds of the gap, which stands beside the choice and does not make it."""

GATE_ROWS: Final = 4_000
CURVE_ROWS: Final = 1_000
DENSITY_ROWS: Final = 4_000
"""At most so many rows, seeded samples, are tested by the gate, refitted, and given to the BIC."""

QUICK: Final = {"stability": {"n_init": 3, "max_iter": 100}, "bic": {"n_init": 1, "max_iter": 30}}
"""Random starts and steps at most, by rule, of each fit of the curve: it needs some 110 fits."""

RULES: Final = {
    "stability": "the largest k whose bootstrap stability is within its own standard error of the best",
    "bic": "the smallest BIC",
}


def choose(
    learner: BaseEstimator, count: str, points: np.ndarray, tested: np.ndarray, *, by: str, seed: int
) -> dict[str, Any]:
    """Return the choice of k as plain JSON: the gate, the rule, k, and the curve over k.

    learner: unfitted, with its number of segments in the parameter `count`. points: (n, p), what the
    learner clusters; tested: (n, p), the same without the lattice of counts, for the gate. by:
    "stability", or "bic" for a learner with `bic`.

    Stability of k is the mean adjusted Rand index over pairs of refits on bootstrap samples, its
    standard error a jackknife over the refits. Where the gate does not reject, k is 1 and no curve
    is computed: stability says nothing about k = 1.
    """
    gate = dip_gate(tested, seed=seed_of(seed, "gate"), most=GATE_ROWS)
    choice = {"gate": gate_facts(gate), "rule": RULES[by], "k": 1, "curve": []}
    if gate.p >= ALPHA:
        return choice
    sample = drawn(points, CURVE_ROWS, seed=seed)
    ks = range(2, min(MOST, len(np.unique(sample, axis=0))) + 1)
    if not ks:
        return choice
    quick = _quick(learner, QUICK[by])
    labels = refitted_labels(quick, count, sample, ks, seed=seed)
    gap = gap_statistic(
        sample,
        lambda cloud, wanted: [model.predict(cloud) for model in fits(quick, count, cloud, wanted)],
        most=ks[-1],
        references=REFERENCES,
        seed=seed_of(seed, "gap"),
    )
    densities = densities_of(learner, count, drawn(points, DENSITY_ROWS, seed=seed), ks)
    for i, k in enumerate(ks):
        at_k = {"gap": _finite(gap.gap[k - 1]), "gap_se": _finite(gap.error[k - 1])}
        choice["curve"].append({"k": k} | stability(labels[i]) | at_k | densities[i])
    return choice | {"k": best_of(choice["curve"], by), "gap_k": gap.smallest()}


def fits(learner: BaseEstimator, count: str, points: np.ndarray, ks: Sequence[int]) -> list[Any]:
    """Return the learner fitted on points with each k; at once where it has `fit_each(points, ks)`."""
    if hasattr(learner, "fit_each"):
        return learner.fit_each(points, ks)
    with warnings.catch_warnings():
        # fewer clusters than asked for is a legal answer; who needs convergence asks `converged_`
        warnings.simplefilter("ignore", ConvergenceWarning)
        return [clone(learner).set_params(**{count: k}).fit(points) for k in ks]


def drawn(points: np.ndarray, most: int, *, seed: int) -> np.ndarray:
    """Return all points, or a seeded sample of `most` in their order."""
    if len(points) <= most:
        return points
    return points[np.sort(generator(seed, "choice rows").choice(len(points), most, replace=False))]


def stability(labels: np.ndarray) -> dict[str, Any]:
    """Return the mean agreement of B labellings (B, n), its jackknife standard error, and every pair's."""
    agreement = pairwise_rand(labels)
    size = len(labels)
    rows, columns = np.triu_indices(size, 1)
    values = agreement[rows, columns]
    without = [values[(rows != b) & (columns != b)].mean() for b in range(size)]
    error = np.sqrt((size - 1) / size * np.sum((np.array(without) - np.mean(without)) ** 2))
    return {
        "stability": round(float(values.mean()), 9),
        "stability_se": round(float(error), 9),
        "stability_values": [round(float(v), 6) for v in values],
    }


def refitted_labels(
    learner: BaseEstimator, count: str, points: np.ndarray, ks: Sequence[int], *, seed: int
) -> np.ndarray:
    """Return what refits on bootstrap samples say of the points: labels (K, REFITS, n)."""
    found = []
    for b in range(REFITS):
        again = points[generator(seed, "choice", b).integers(0, len(points), len(points))]
        found.append([model.predict(points) for model in fits(learner, count, again, ks)])
    return np.array(found).transpose(1, 0, 2)


def densities_of(
    learner: BaseEstimator, count: str, points: np.ndarray, ks: Sequence[int]
) -> list[dict[str, float | None]]:
    """Return BIC and ICL for each k, None where the learner has no density or did not converge."""
    nothing = {"bic": None, "icl": None}
    if not hasattr(learner, "bic"):
        return [nothing] * len(ks)
    found = []
    for model in fits(learner, count, points, ks):
        if not getattr(model, "converged_", True):
            found.append(nothing)
            continue
        density, likely = model.score_samples(points), model.predict_proba(points).max(axis=1)
        free = parameters(model, points)
        found.append({"bic": bic(density, free), "icl": icl(density, free, likely)})
    return found


def parameters(model: Any, points: np.ndarray) -> int:
    """Return the number of free parameters of a fitted density, which its `bic` counts."""
    if len(points) < 2:
        return 0
    return round((model.bic(points) + 2 * model.score_samples(points).sum()) / np.log(len(points)))


def best_of(curve: list[dict[str, Any]], by: str) -> int:
    """Return the k that the rule takes; where no density converged, stability decides."""
    known = [at_k for at_k in curve if at_k["bic"] is not None]
    if by == "bic" and known:
        return min(known, key=lambda at_k: at_k["bic"])["k"]
    # its own standard error, not the best one's: an unsure best must not let every k in
    best = max(at_k["stability"] for at_k in curve)
    return max(at_k["k"] for at_k in curve if at_k["stability"] + at_k["stability_se"] >= best)


def _quick(learner: BaseEstimator, most: Mapping[str, int]) -> BaseEstimator:
    """Return the learner with no more random starts and steps than `most`, where it has such."""
    known = learner.get_params()
    fewer = {
        name: min(known[name], limit) for name, limit in most.items() if isinstance(known.get(name), int)
    }
    return clone(learner).set_params(**fewer)


def gate_facts(gate: Gate) -> dict[str, Any]:
    """Return the gate as it is written."""
    return {
        "test": f"{gate.tests} cross-fitted dip tests, Bonferroni",
        "p": gate.p,
        "alpha": ALPHA,
        "rejects": gate.p < ALPHA,
        "rows": gate.rows,
    }


def _finite(value: float) -> float | None:
    """Return a number that JSON can hold, or None."""
    return float(value) if np.isfinite(value) else None
