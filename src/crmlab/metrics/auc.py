"""AUC: the probability that a random 1 is scored above a random 0."""

from crmlab.declare.metric import metric
from crmlab.maths import ranking


@metric(label="AUC", range=(0.0, 1.0), best=1.0, chance=0.5, cite="Hanley and McNeil 1982")
def auc(solution, answers, rows, weights):
    """Return the area under the ROC curve, (B,); ties count one half, nan for a single class."""
    return ranking.auc(solution["outcome"].to_numpy(), answers["score"].to_numpy(), weights)
