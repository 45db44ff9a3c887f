"""Topics: non-negative factors of counts by Poisson likelihood, their number by completion."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy import sparse

from crmlab.errors import UsageError
from crmlab.seeds import generator

ITERATIONS: Final = 150
FOLD_ITERATIONS: Final = 50
TOLERANCE: Final = 1e-5
FOLDS: Final = 3
POPULAR: Final = 0.05
"""So much of a prediction is plain popularity, so that no item that was seen is impossible."""

TINY: Final = 1e-12


@dataclass(frozen=True)
class Topics:
    """k topics of m items.

    profile: (k, m) each topic's distribution over items; weight: (n, k) how many of each customer's items
    are of each topic; loss: the Kullback-Leibler divergence of the counts from weight @ profile.
    """

    profile: np.ndarray
    weight: np.ndarray
    loss: float


def fitted(counts: sparse.csr_matrix, k: int, *, seed: int, iterations: int = ITERATIONS) -> Topics:
    """Return k topics of counts (n, m): the Poisson likelihood's maximum from one start.

    Lee and Seung's (1999) multiplicative updates, which never make the likelihood smaller; it is also the
    maximum likelihood of latent semantic analysis (Gaussier and Goutte 2005). Raises UsageError for k < 1.
    """
    if k < 1:
        raise UsageError(f"k = {k} topics: there is at least 1")
    counts = sparse.csr_matrix(counts, dtype=float)
    rng = generator(seed, "topics", k)
    row = np.repeat(np.arange(counts.shape[0]), np.diff(counts.indptr))
    profile = rng.uniform(0.5, 1.5, (k, counts.shape[1])) * (np.asarray(counts.sum(axis=0)) + TINY)
    profile /= profile.sum(axis=1, keepdims=True)
    weight = rng.uniform(0.5, 1.5, (counts.shape[0], k))
    weight *= np.asarray(counts.sum(axis=1)) / weight.sum(axis=1, keepdims=True)
    before = loss = np.inf
    for _ in range(iterations):
        weight = weight * (_ratio(counts, row, weight, profile) @ profile.T)
        profile = profile * (weight.T @ _ratio(counts, row, weight, profile))
        total = profile.sum(axis=1, keepdims=True) + TINY
        profile, weight = profile / total, weight * (total.T / (weight.sum(axis=0) + TINY))
        before, loss = loss, divergence(counts, weight, profile)
        if before - loss <= TOLERANCE * abs(loss):
            break
    return Topics(profile, weight, loss)


def folded(counts: sparse.csr_matrix, profile: np.ndarray) -> np.ndarray:
    """Return the weights (n, k) of other customers' counts on known topics."""
    counts = sparse.csr_matrix(counts, dtype=float)
    row = np.repeat(np.arange(counts.shape[0]), np.diff(counts.indptr))
    weight = np.tile(np.asarray(counts.sum(axis=1)) / len(profile), (1, len(profile)))
    for _ in range(FOLD_ITERATIONS):
        weight = weight * (_ratio(counts, row, weight, profile) @ profile.T)
    return weight


def divergence(counts: sparse.csr_matrix, weight: np.ndarray, profile: np.ndarray) -> float:
    """Return the generalised Kullback-Leibler divergence of counts from weight @ profile."""
    row = np.repeat(np.arange(counts.shape[0]), np.diff(counts.indptr))
    mean = _means(counts, row, weight, profile)
    made = float(weight.sum(axis=0) @ profile.sum(axis=1))
    return float((counts.data * np.log(counts.data / mean)).sum() - counts.data.sum() + made)


def _means(counts: sparse.csr_matrix, row: np.ndarray, weight: np.ndarray, profile: np.ndarray) -> np.ndarray:
    """Return weight @ profile where counts are not 0."""
    mean = np.full(len(row), TINY)
    for own, items in zip(weight.T, profile, strict=True):
        mean += own[row] * items[counts.indices]
    return mean


def _ratio(
    counts: sparse.csr_matrix, row: np.ndarray, weight: np.ndarray, profile: np.ndarray
) -> sparse.csr_matrix:
    """Return counts / (weight @ profile) where counts are not 0."""
    ratio = counts.data / _means(counts, row, weight, profile)
    return sparse.csr_matrix((ratio, counts.indices, counts.indptr), counts.shape)


def completion(held: sparse.csr_matrix, k: int, *, seed: int) -> np.ndarray:
    """Return, per customer with two items or more, how well half of the items predict the other half.

    held: (n, m) 1 where a customer bought an item. The mean log probability of an item of the second half,
    under topics of other customers (cross-fitted in FOLDS parts) weighted by the first half.
    """
    held = sparse.csr_matrix(held, dtype=float)
    sizes = np.diff(held.indptr)
    fold = generator(seed, "folds").permutation(held.shape[0]) % FOLDS
    first = _first_half(held, sizes, generator(seed, "halves"))
    score = np.full(held.shape[0], np.nan)
    for part in range(FOLDS):
        train, test = np.flatnonzero(fold != part), np.flatnonzero((fold == part) & (sizes >= 2))
        profile = fitted(held[train], k, seed=seed).profile
        popular = np.asarray(held[train].sum(axis=0)).ravel() + 0.5
        popular /= popular.sum()
        seen, rest = first[test], held[test] - first[test]
        rest.eliminate_zeros()
        weight = folded(seen, profile) + TINY
        weight /= weight.sum(axis=1, keepdims=True)
        row = np.repeat(np.arange(len(test)), np.diff(rest.indptr))
        chance = (1 - POPULAR) * _means(rest, row, weight, profile) + POPULAR * popular[rest.indices]
        score[test] = np.bincount(row, np.log(chance), len(test)) / np.bincount(row, minlength=len(test))
    return score[~np.isnan(score)]


def _first_half(held: sparse.csr_matrix, sizes: np.ndarray, rng: np.random.Generator) -> sparse.csr_matrix:
    """Return half of each customer's items by lot, rounded down."""
    row = np.repeat(np.arange(len(sizes)), sizes)
    order = np.lexsort((rng.random(len(row)), row))
    rank = np.empty(len(row), dtype=np.int64)
    rank[order] = np.arange(len(row)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    kept = rank < (sizes // 2)[row]
    return sparse.csr_matrix((np.ones(kept.sum()), (row[kept], held.indices[kept])), held.shape)


def number(
    held: sparse.csr_matrix, among: Sequence[int], *, seed: int
) -> tuple[int, list[tuple[int, float, float]]]:
    """Return how many topics complete best, and per number the mean score and its standard error.

    Of those no further from the best than a standard error of the difference, the smallest: 1, plain
    popularity, is a legal answer.
    """
    scores = {k: completion(held, k, seed=seed) for k in sorted(set(among))}
    best = max(scores, key=lambda k: scores[k].mean())
    near = [
        k for k, s in scores.items() if (d := scores[best] - s).mean() <= d.std() / np.sqrt(max(1, len(d)))
    ]
    table = [(k, float(s.mean()), float(s.std() / np.sqrt(max(1, len(s))))) for k, s in scores.items()]
    return min(near), table
