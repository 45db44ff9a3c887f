"""Top-decile lift: the rate among the tenth scored highest, over the base rate."""

from crmlab.maths import ranking
from crmlab.registry import metric

SHARE = 0.1


@metric(
    label="Top-decile lift", range=(0.0, 1 / SHARE), best=1 / SHARE, chance=1.0, cite="Neslin et al. 2006"
)
def top_decile_lift(solution, answers, rows, weights):
    """Return the lift, (B,); ties at the border count in proportion, nan without an outcome of 1.

    The best end is reached where the base rate is at most a tenth; above, one over the base rate
    is the most that any ranking can have.
    """
    outcome, score = solution["outcome"].to_numpy(), answers["score"].to_numpy()
    return ranking.top_share_lift(outcome, score, weights, share=SHARE)
