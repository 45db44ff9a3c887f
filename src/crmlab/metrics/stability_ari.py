"""Stability: how much segments agree that were fitted to different bootstrap samples of customers."""

from itertools import combinations

import numpy as np

from crmlab.metrics._agreement import adjusted_rand, cells
from crmlab.registry import metric


@metric(
    label="Stability of the segments",
    range=(-1.0, 1.0),
    best=1.0,
    chance=0.0,
    cite="Hennig 2007; Hubert and Arabie 1985",
    needs=("segment", "segment_00", "segment_01"),
)
def stability_ari(solution, answers, rows, weights):
    """Return the mean adjusted Rand index over all pairs of refits `segment_00`, ..., (B,).

    Stability is not validity. nan for one segment: there is nothing to agree on.
    """
    refits = [c for c in answers if c.startswith("segment_")]
    distinct, mass = cells(answers[refits], weights)
    pairs = [adjusted_rand(distinct[a], distinct[b], mass) for a, b in combinations(refits, 2)]
    return np.mean(pairs, axis=0)
