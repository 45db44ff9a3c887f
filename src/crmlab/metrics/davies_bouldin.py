"""Davies–Bouldin: how wide segments are, set against how far apart they lie."""

import numpy as np

from crmlab.declare.metric import metric
from crmlab.metrics._clustered import centres, clustered, indicators


@metric(
    label="Davies–Bouldin",
    range=(0.0, float("inf")),
    best=0.0,
    # grows without bound as the centres of random segments fall together
    chance=None,
    cite="Davies and Bouldin 1979",
    reads=("segment",),
)
def davies_bouldin(solution, answers, rows, weights):
    """Return the mean over segments of the worst (width + width) / distance of centres, (B,).

    Width: the mean Euclidean distance to the segment's centre, on the numeric clustered columns. Centres
    move with the weights; the scale does not. nan with fewer than two segments, where two centres are the
    same point, or where no clustered column varies.
    """
    points, member = clustered(rows), indicators(answers["segment"])
    k = member.shape[1]
    if k < 2 or points.shape[1] == 0:
        return np.full(len(weights), np.nan)
    mass, centre = centres(points, member, weights)
    width = np.column_stack(
        [_width(points[own], weights[:, own], centre[:, s]) for s, own in enumerate(member.T > 0)]
    )
    held = mass > 0
    worst = np.column_stack([_worst(s, width, centre, held) for s in range(k)])
    count = held.sum(axis=1)
    value = np.divide(worst.sum(axis=1), count, out=np.full(len(weights), np.nan), where=count > 1)
    return np.where(np.isfinite(value), value, np.nan)


def _worst(s, width, centre, held):
    """Return the largest overlap of segment s with another one, (B,): 0 for an empty segment."""
    apart = np.linalg.norm(centre - centre[:, [s]], axis=2)
    both = held & held[:, [s]]
    both[:, s] = False
    wide = width + width[:, [s]]
    overlap = np.divide(wide, apart, out=np.full(apart.shape, np.inf), where=apart > 0)
    return np.where(both, overlap, 0.0).max(axis=1)


def _width(points, weights, centre):
    """Return the mean distance of points (m, p) to a centre (B, p) under weights (B, m), (B,)."""
    near = points.mean(axis=0)  # centred first: squares of large numbers would cancel
    points, centre = points - near, centre - near
    squares = (points**2).sum(axis=1) - 2 * centre @ points.T + (centre**2).sum(axis=1)[:, None]
    distance = np.sqrt(np.maximum(squares, 0.0, out=squares), out=squares)
    total = weights.sum(axis=1)
    return np.einsum("bm,bm->b", distance, weights) / np.where(total > 0, total, 1.0)
