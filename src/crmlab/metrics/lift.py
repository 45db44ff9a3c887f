"""Lift: the rate among the share of customers scored highest, over the base rate."""

from typing import Annotated

from crmlab.declare.metric import metric
from crmlab.declare.parameters import Range
from crmlab.maths import ranking


@metric(
    label="Lift at {share} %",
    range=lambda share: (0.0, 1 / share),
    best=lambda share: 1 / share,
    chance=1.0,
    cite="Piatetsky-Shapiro and Masand 1999; Neslin et al. 2006",
)
def lift(solution, answers, rows, weights, *, share: Annotated[float, Range(above=0, below=1)] = 0.1):
    """Return the lift, (B,); ties at the border count in proportion, nan without an outcome of 1.

    share: of the customers, best scores first. The best end is reached where the base rate is at most that
    share; above, one over the base rate is the most that any ranking can have.
    """
    outcome, score = solution["outcome"].to_numpy(), answers["score"].to_numpy()
    return ranking.top_share_lift(outcome, score, weights, share=share)
