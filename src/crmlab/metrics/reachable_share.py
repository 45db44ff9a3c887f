"""Reachable share: how many customers a shop may write to in segments large enough to write for."""

import numpy as np

from crmlab.declare.metric import metric
from crmlab.metrics._clustered import indicators

SMALLEST = 10
"""A segment of fewer customers than this says who they are, and is not worth an offer of its own."""

SMALLEST_SHARE = 0.01


@metric(
    label="Reachable share",
    range=(0.0, 1.0),
    best=1.0,
    # decided by consent and sizes: random segments reach as many customers as good ones
    chance=None,
    unit="share of customers",
    cite="consent: Regulation (EU) 2016/679, Article 6",
    reads=("segment",),
)
def reachable_share(solution, answers, rows, weights):
    """Return the share of customers with consent in segments of at least 1 % and 10 customers, (B,).

    At most the share that consents. nan where rows do not carry `consent`.
    """
    if "consent" not in rows:
        return np.full(len(weights), np.nan)
    consent = rows["consent"].fillna(0).to_numpy(dtype=np.float64) > 0  # unknown is no consent
    member = indicators(answers["segment"])
    mass = weights @ member
    total = mass.sum(axis=1)
    large = (mass >= SMALLEST) & (mass >= SMALLEST_SHARE * total[:, None])
    reached = np.where(large, weights @ (member * consent[:, None]), 0.0).sum(axis=1)
    return np.divide(reached, total, out=np.full(len(weights), np.nan), where=total > 0)
