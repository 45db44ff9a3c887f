"""Over-index: how much more often the members of a segment buy a product than all customers do."""

from __future__ import annotations

import numpy as np
from scipy import sparse

from crmlab.maths import lift


def over_index(
    held: sparse.csr_matrix, segment: np.ndarray, segments: int, *, level: float
) -> dict[str, np.ndarray]:
    """Return counts and lifts of each segment and product, each (segments, m).

    held: (n, m) 1 where a customer bought a product; segment: (n,) 0 to `segments` - 1, below 0 for none.
    buyers: members who bought it; share: of the members; lift: over the share of all customers; lower, upper:
    its interval (see `maths.lift.interval`) at a level that holds for all cells at once (Bonferroni).
    """
    held = sparse.csr_matrix(held)
    inside = segment >= 0
    member = sparse.csr_matrix(
        (np.ones(int(inside.sum())), (segment[inside], np.flatnonzero(inside))), (segments, held.shape[0])
    )
    buyers = np.asarray((member @ held).todense())
    size = np.bincount(segment[inside], minlength=segments)[:, None] + np.zeros_like(buyers)
    every, n = np.asarray(held.sum(axis=0)).ravel(), held.shape[0]
    tried = np.argwhere((every > 0) & (size > 0))
    at_once = 1 - (1 - level) / max(1, len(tried))
    lower, upper = np.full(buyers.shape, np.nan), np.full(buyers.shape, np.nan)
    for product in np.unique(tried[:, 1]):
        some = size[:, product] > 0
        ends = lift.interval(
            buyers[some, product], size[some, product], int(every[product]), n, level=at_once
        )
        lower[some, product], upper[some, product] = ends
    with np.errstate(divide="ignore", invalid="ignore"):
        share = buyers / size
        ratio = share / (every / n)
    return {
        "buyers": buyers,
        "members": size,
        "share": share,
        "lift": ratio,
        "lower": lower,
        "upper": upper,
    }
