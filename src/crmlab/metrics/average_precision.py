"""Average precision: the precision while walking down the ranking, averaged over the 1s found."""

from crmlab.declare.metric import metric
from crmlab.maths import ranking


def base_rate(solution):
    """Return what a constant score earns: the share of 1s."""
    return float(solution["outcome"].mean())


@metric(
    label="Average precision", range=(0.0, 1.0), best=1.0, chance=base_rate, cite="Davis and Goadrich 2006"
)
def average_precision(solution, answers, rows, weights):
    """Return the average precision, (B,); a tie enters as one step, nan without an outcome of 1."""
    return ranking.average_precision(solution["outcome"].to_numpy(), answers["score"].to_numpy(), weights)
