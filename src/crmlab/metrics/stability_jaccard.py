"""Cluster-wise stability: how much of each segment is found again in refits to other samples."""

import numpy as np

from crmlab.declare.metric import metric
from crmlab.metrics._agreement import cells, refits_of
from crmlab.metrics._clustered import indicators
from crmlab.metrics._weighting import mass_by_cell

TRUST = (
    (0.85, "highly stable"),
    (0.75, "valid"),
    (0.60, "a pattern, its members doubtful"),
    (0.0, "not to be trusted"),
)
"""From which mean Jaccard on a segment is called what (Hennig 2008; the manual of the R package fpc)."""


def between_refits(solution, answers, rows):
    """Return the variance of the mean over refits that comes from which refits were drawn."""
    found, mass = by_refit(answers, np.ones((1, len(rows))))
    value = (found[:, 0] * mass[0]).sum(axis=1) / mass.sum()
    return float(value.var(ddof=1) / len(value)) if len(value) > 1 else 0.0


@metric(
    label="Cluster-wise stability",
    range=(0.0, 1.0),
    best=1.0,
    # the best match of random segments is not 0: it falls with their number
    chance=None,
    cite="Hennig 2007",
    reads=("segment", "segment_00"),
    spread=between_refits,
)
def stability_jaccard(solution, answers, rows, weights):
    """Return the mean Jaccard similarity of the segments with their best matches in the refits, (B,).

    A mean over customers, each with the value of the own segment: a handful of odd customers moves it as
    little as they are, and it does not jump when a small segment is drawn away. See `by_segment` for the
    segments themselves. Refits answer for all customers, not only for those they were drawn from.
    Stability is not validity. nan for one segment: it is found again whatever is done.
    """
    if answers["segment"].nunique() < 2:
        return np.full(len(weights), np.nan)
    found, mass = by_refit(answers, weights)
    total = mass.sum(axis=1)
    summed = (found.mean(axis=0) * mass).sum(axis=1)
    return np.divide(summed, total, out=np.full(len(weights), np.nan), where=total > 0)


def by_segment(answers):
    """Return {segment: mean Jaccard similarity with its best match in each refit}."""
    found, _ = by_refit(answers, np.ones((1, len(answers))))
    labels = np.unique(answers["segment"].to_numpy())
    return dict(zip(labels.tolist(), found[:, 0].mean(axis=0).tolist(), strict=True))


def trust(jaccard):
    """Return what a segment's mean Jaccard similarity says, in the published words."""
    return next(word for least, word in TRUST if jaccard >= least)


def by_refit(answers, weights):
    """Return the best Jaccard similarity of each segment in each refit, (r, B, k), and its mass (B, k)."""
    refits = refits_of(answers)
    distinct, held = cells(answers[["segment", *refits]], weights)
    member = indicators(distinct["segment"])
    segment = member.argmax(axis=1)
    mass = held @ member
    return np.array([_best(segment, distinct[r].to_numpy(), mass, held) for r in refits]), mass


def _best(segment, again, mass, held):
    """Return each segment's largest |both| / |either| over the segments of one refit, (B, k)."""
    labels, code = np.unique(again, return_inverse=True)
    pair, place = np.unique(segment * len(labels) + code, return_inverse=True)
    both = mass_by_cell(place, held)
    other = held @ indicators(again)
    own, match = np.divmod(pair, len(labels))
    either = mass[:, own] + other[:, match] - both
    similarity = np.divide(both, either, out=np.zeros_like(both), where=either > 0)
    # pairs are in the order of their segment, and every segment has one
    return np.maximum.reduceat(similarity, np.flatnonzero(np.diff(own, prepend=-1)), axis=1)
