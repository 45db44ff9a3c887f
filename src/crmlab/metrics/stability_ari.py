"""Stability: how much segments agree that were fitted to different bootstrap samples of customers."""

from itertools import combinations

import numpy as np

from crmlab.declare.metric import metric
from crmlab.metrics._agreement import adjusted_rand, cells, refits_of


def between_refits(solution, answers, rows):
    """Return the variance of the mean over pairs that comes from which refits were drawn.

    Jackknife over refits (Arvesen 1969, for means over pairs).
    """
    agreement = pairwise(answers, np.ones((1, len(rows))))[:, :, 0]
    n = len(agreement)
    if n < 3:
        return 0.0
    left = agreement.sum() - 2 * agreement.sum(axis=0)
    without = left / ((n - 1) * (n - 2))
    return float((n - 1) / n * np.sum((without - without.mean()) ** 2))


@metric(
    label="Stability of the segments",
    range=(-1.0, 1.0),
    best=1.0,
    chance=0.0,
    cite="Hennig 2007; Hubert and Arabie 1985",
    reads=("segment_00", "segment_01"),
    spread=between_refits,
)
def stability_ari(solution, answers, rows, weights):
    """Return the mean adjusted Rand index over all pairs of refits `segment_00`, ..., (B,).

    Stability is not validity. nan for one segment: there is nothing to agree on.
    """
    agreement = pairwise(answers, weights)
    n = len(agreement)
    return agreement.sum(axis=(0, 1)) / (n * (n - 1))


def pairwise(answers, weights):
    """Return the adjusted Rand index of every two refits, (n, n, B), with 0 on the diagonal."""
    refits = refits_of(answers)
    distinct, mass = cells(answers[refits], weights)
    found = np.zeros((len(refits), len(refits), len(weights)))
    for i, j in combinations(range(len(refits)), 2):
        found[i, j] = found[j, i] = adjusted_rand(distinct[refits[i]], distinct[refits[j]], mass)
    return found
