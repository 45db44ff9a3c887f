"""k-means on many customers: ours beside scikit-learn's, in CPU seconds and in inertia."""

from __future__ import annotations

import argparse
import time
from statistics import median

import numpy as np
from _results import keep
from sklearn.cluster import KMeans

from crmlab.methods.clustering._fast_kmeans import FastKMeans
from crmlab.seeds import generator

CLOUDS = {
    "well separated": "Gaussian groups of unequal size, nearest centres 6 standard deviations apart",
    "poorly separated": "Gaussian groups of equal size, nearest centres 1.5 standard deviations apart",
    "no groups": "one correlated Gaussian",
    "uniform": "the uniform cube: the flattest inertia there is",
}


def main(arguments: list[str] | None = None) -> None:
    """Fit both on every cloud with the same k and number of starts; keep the table."""
    asked = _options().parse_args(arguments or [])
    cases = [(title, k, starts) for title in CLOUDS for k in asked.segments for starts in asked.starts]
    rows = [measured(*case, n=asked.rows, p=asked.columns, repeats=asked.repeats) for case in cases]
    keep("kmeans", f"k-means on {asked.rows:,} × {asked.columns}", rows, notes=CLOUDS)


def measured(title: str, k: int, starts: int, *, n: int, p: int, repeats: int) -> dict[str, object]:
    """Return one row: median CPU seconds, the ratio of each repeat, the relative excess of inertia.

    Each repeat draws other points and another seed; the two are timed one after the other.
    """
    ours, theirs, excess = [], [], []
    for seed in range(1, repeats + 1):
        points = cloud(title, n, p, k, seed=seed)
        reference, seconds = timed(KMeans(k, n_init=starts, random_state=seed), points)
        theirs.append(seconds)
        model, seconds = timed(FastKMeans(k, n_init=starts, random_state=seed), points)
        ours.append(seconds)
        excess.append(model.inertia_ / reference.inertia_ - 1)
    ratios = np.array(ours) / np.array(theirs)
    return {
        "points": title,
        "k": k,
        "n_init": starts,
        "repeats": repeats,
        "scikit-learn s": round(median(theirs), 3),
        "ours s": round(median(ours), 3),
        "ratio": round(float(np.median(ratios)), 3),
        "largest ratio": round(float(ratios.max()), 3),
        "median excess": float(f"{np.median(excess):.1e}"),
        "largest excess": float(f"{max(excess):.1e}"),
    }


def timed(model: object, points: np.ndarray) -> tuple[object, float]:
    """Return the fitted model and the CPU seconds it took."""
    began = time.process_time()
    model.fit(points)
    return model, time.process_time() - began


def cloud(title: str, n: int, p: int, k: int, *, seed: int) -> np.ndarray:
    """Return points (n, p) of one of CLOUDS; groups, where there are, are k."""
    rng = generator(seed, "cloud", title)
    if title == "uniform":
        return rng.random((n, p))
    if title == "no groups":
        points = rng.standard_normal((n, p)) @ rng.standard_normal((p, p))
        return (points - points.mean(axis=0)) / points.std(axis=0)
    separation = 6.0 if title == "well separated" else 1.5
    centres = rng.standard_normal((k, p))
    apart = np.linalg.norm(centres[:, None] - centres, axis=2)[np.triu_indices(k, 1)].min()
    shares = np.linspace(1, 3, k) if title == "well separated" else np.ones(k)
    group = rng.choice(k, n, p=shares / shares.sum())
    return (centres * separation / apart)[group] + rng.standard_normal((n, p))


def _options() -> argparse.ArgumentParser:
    """Return what may be asked for."""
    options = argparse.ArgumentParser(prog="python benchmarks kmeans")
    options.add_argument("--rows", type=int, default=1_000_000)
    options.add_argument("--columns", type=int, default=8)
    options.add_argument("--segments", type=int, nargs="+", default=[5])
    options.add_argument("--starts", type=int, nargs="+", default=[1, 10])
    options.add_argument("--repeats", type=int, default=3)
    return options
