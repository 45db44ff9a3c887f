"""Lift at 20 %: the rate among the fifth scored highest, over the base rate."""

from crmlab.maths import ranking
from crmlab.registry import metric

SHARE = 0.2


@metric(
    label="Lift at 20 %",
    range=(0.0, 1 / SHARE),
    best=1 / SHARE,
    chance=1.0,
    cite="Piatetsky-Shapiro and Masand 1999",
)
def lift_20(solution, answers, rows, weights):
    """Return the lift, (B,); ties at the border count in proportion, nan without an outcome of 1.

    The best end is reached where the base rate is at most a fifth; above, one over the base rate is
    the most that any ranking can have.
    """
    outcome, score = solution["outcome"].to_numpy(), answers["score"].to_numpy()
    return ranking.top_share_lift(outcome, score, weights, share=SHARE)
