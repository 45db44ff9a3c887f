"""Lift at 5 %: the rate among the twentieth scored highest, over the base rate."""

from crmlab.maths import ranking
from crmlab.registry import metric

SHARE = 0.05


@metric(
    label="Lift at 5 %",
    range=(0.0, 1 / SHARE),
    best=1 / SHARE,
    chance=1.0,
    cite="Piatetsky-Shapiro and Masand 1999",
)
def lift_5(solution, answers, rows, weights):
    """Return the lift, (B,); ties at the border count in proportion, nan without an outcome of 1.

    The best end is reached where the base rate is at most a twentieth; above, one over the base
    rate is the most that any ranking can have.
    """
    outcome, score = solution["outcome"].to_numpy(), answers["score"].to_numpy()
    return ranking.top_share_lift(outcome, score, weights, share=SHARE)
