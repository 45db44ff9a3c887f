"""Is there structure in a cloud of points, and how good is a partition of it: tests and criteria.

No function here chooses: `methods/clustering/_choice.py` does.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import combinations
from typing import Final, NamedTuple

import numpy as np

from crmlab.errors import NotApplicable
from crmlab.seeds import generator, seed_of

PROBED: Final = (2, 3, 4)
"""The numbers of centres that point the dip test to directions in which groups may lie apart."""

SPLITS: Final = 10
"""Random halvings of the points."""

FEWEST: Final = 8
"""Fewer points than this cannot be halved and tested: the dip test needs four."""


class Gate(NamedTuple):
    """The test of structure: the Bonferroni p value, the number of dip tests, the points of a split."""

    p: float
    tests: int
    rows: int


class Gap(NamedTuple):
    """The gap statistic for k = 1, 2, ...: its value and the standard error s_k, both (K,)."""

    gap: np.ndarray
    error: np.ndarray

    def smallest(self) -> int:
        """Return the rule's k: the smallest with Gap(k) >= Gap(k+1) - s_{k+1}, or the largest tried."""
        enough = self.gap[:-1] >= self.gap[1:] - self.error[1:]
        return int(np.argmax(enough)) + 1 if enough.any() else len(self.gap)


def dip_gate(points: np.ndarray, *, seed: int, most: int) -> Gate:
    """Test whether points (n, p) fall into groups: a cross-fitted dip test against unimodality.

    k-means with 2, 3 and 4 centres on a random half gives the directions between every pair of its
    centres; the other half, which had no say in them, is projected on each and its dip tested
    (Hartigan and Hartigan 1985); then the halves change places. One split is a lottery where k-means
    has several answers, so there are SPLITS of them. p is the smallest one times the number of all
    tests (Bonferroni), at most 1. Of more than `most` points each split tests its own seeded sample.
    Fewer than 8 points, or points that are all alike, show no structure: p = 1.

    Ties: a spike away from the mode (such as the customers who bought once, at spend 0) is a group
    of its own, and may reject. A rejection says that the points come in lumps, not that a lump is more
    than one value of a column. A lattice (counts) is no group: pass the points of `unrounded` columns.

    Raises NotApplicable where the package diptest is not installed.
    """
    rows = min(len(points), most)
    if rows < FEWEST:
        return Gate(1.0, 0, rows)
    found = [p for i in range(SPLITS) for p in _dips(points, seed=seed_of(seed, "split", i), most=most)]
    return Gate(min([1.0, *(p * len(found) for p in found)]), len(found), rows)


def _dips(points: np.ndarray, *, seed: int, most: int) -> list[float]:
    """Return the p value of every direction of one random split, both ways."""
    try:
        from diptest import diptest
    except ImportError:
        raise NotApplicable("needs the package diptest: pip install 'crmlab[copyleft]'") from None
    drawn = generator(seed, "halves").permutation(len(points))[:most]
    halves = points[drawn[::2]], points[drawn[1::2]]
    return [
        float(diptest(np.ascontiguousarray(held @ direction))[1])
        for probed, held in (halves, halves[::-1])
        for direction in _directions(probed, seed)
    ]


def _directions(points: np.ndarray, seed: int) -> list[np.ndarray]:
    """Return the differences (p,) of every pair of k-means centres, for each number of centres."""
    from sklearn.cluster import KMeans

    distinct, found = len(np.unique(points, axis=0)), []
    for k in PROBED:
        if k <= distinct:
            # one start: that splits end at different centres is how unlike directions get tried
            centres = KMeans(k, n_init=1, random_state=seed).fit(points).cluster_centers_
            found += [centres[i] - centres[j] for i, j in combinations(range(k), 2)]
    return found


def unrounded(values: np.ndarray, *, seed: int) -> np.ndarray:
    """Return values (n, p) with every column of whole numbers spread over [x, x + 1).

    A count or a number of days is known to the unit only; the empty space between two units says
    nothing about groups, but a test for lumps would find it. Columns with a fraction, and columns
    with one value, stay as they are; NaN stays NaN.
    """
    known = np.where(np.isnan(values), 0.0, values)
    whole = (known == np.floor(known)).all(axis=0)
    varies = np.array([len(np.unique(c[~np.isnan(c)])) > 1 for c in values.T], dtype=bool)
    noise = generator(seed, "unrounded").random(values.shape)
    return values + np.where(whole & varies, noise, 0.0)


def dispersion(points: np.ndarray, labels: np.ndarray, *, power: int = 2) -> float:
    """Return W, the within-cluster dispersion (Tibshirani, Walther and Hastie 2001, equation 2).

    points: (n, p). labels: (n,). power: of the Euclidean distance; 2 is the paper's (W is then the sum
    of squares about the centres), 1 the default of R's `cluster::clusGap`.
    """
    from scipy.spatial.distance import pdist

    groups = [points[labels == label] for label in np.unique(labels)]
    if power == 2:
        return float(sum(((group - group.mean(axis=0)) ** 2).sum() for group in groups))
    return float(sum((pdist(group) ** power).sum() / len(group) for group in groups))


def gap_statistic(
    points: np.ndarray,
    cluster: Callable[[np.ndarray, Sequence[int]], list[np.ndarray]],
    *,
    most: int,
    references: int,
    seed: int,
    power: int = 2,
) -> Gap:
    """Return the gap statistic for k = 1 to `most` (Tibshirani, Walther and Hastie 2001).

    points: (n, p). cluster: gives labels (n,) of points for each number of clusters asked. The
    reference is uniform over the box aligned with the principal components (their choice b); s_k is
    the standard deviation over the references times sqrt(1 + 1/B). A partition without dispersion has
    no logarithm: its gap is not finite.
    """
    centre = points.mean(axis=0)
    axes = np.linalg.svd(points - centre, full_matrices=False)[2]
    turned = (points - centre) @ axes.T
    low, high = turned.min(axis=0), turned.max(axis=0)

    def logs(cloud: np.ndarray) -> np.ndarray:
        parts = [np.zeros(len(cloud), dtype=np.int64), *cluster(cloud, range(2, most + 1))]
        with np.errstate(divide="ignore"):
            return np.log([dispersion(cloud, labels, power=power) for labels in parts])

    clouds = (generator(seed, "gap", b).uniform(low, high, turned.shape) for b in range(references))
    null = np.array([logs(cloud @ axes) for cloud in clouds])
    error = null.std(axis=0) * np.sqrt(1 + 1 / references)
    return Gap(null.mean(axis=0) - logs(points), error)


def jaccard(labels: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Return, for each cluster 0..k-1 of `labels`, its Jaccard similarity to the nearest of `others`.

    labels, others: (n,) of the same points; a label may be any int from 0. nan for a number that no
    point has. Its mean over bootstrap samples, each with duplicate points taken once, is Hennig's
    (2007) cluster-wise stability: >= .85 highly stable, >= .75 valid, .6 to .75 a doubtful pattern.
    """
    k, m = labels.max() + 1, others.max() + 1
    both = np.bincount(labels * m + others, minlength=k * m).reshape(k, m).astype(float)
    either = both.sum(axis=1, keepdims=True) + both.sum(axis=0) - both
    shared = np.divide(both, either, out=np.zeros_like(both), where=either > 0).max(axis=1)
    return np.where(both.sum(axis=1) > 0, shared, np.nan)


def pairwise_rand(labels: np.ndarray) -> np.ndarray:
    """Return the adjusted Rand index (Hubert and Arabie 1985) of every pair of B labellings (B, n).

    The result is (B, B), symmetric, with ones on the diagonal; two trivial partitions agree fully.
    """
    k = labels.max() + 1
    member = (labels[:, :, None] == np.arange(k)).astype(np.float64)
    table = np.einsum("anj,bnk->abjk", member, member, optimize=True)
    together = _pairs(table).sum(axis=(2, 3))
    alone = np.diagonal(together)
    by_chance = np.outer(alone, alone) / max(_pairs(np.float64(labels.shape[1])), 1.0)
    possible = (alone[:, None] + alone) / 2 - by_chance
    defined = possible > 1e-9
    return np.divide(together - by_chance, possible, out=np.ones_like(possible), where=defined)


def _pairs(count: np.ndarray) -> np.ndarray:
    """Return the number of pairs among so many."""
    return count * (count - 1) / 2


def bic(log_density: np.ndarray, parameters: int) -> float:
    """Return the Bayesian information criterion (Schwarz 1978), lower is better.

    log_density: (n,) of the points under the model. parameters: free ones.
    """
    return float(parameters * np.log(len(log_density)) - 2 * log_density.sum())


def icl(log_density: np.ndarray, parameters: int, probability: np.ndarray) -> float:
    """Return the integrated completed likelihood criterion (Biernacki, Celeux and Govaert 2000).

    It adds to the BIC what is unsure about the memberships: -2 log of each point's probability
    (n,) of its most probable cluster. Lower is better.
    """
    return bic(log_density, parameters) - 2 * float(np.log(probability).sum())
