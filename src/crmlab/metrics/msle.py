"""Mean squared logarithmic error: misses in proportion, so that large customers do not rule."""

from crmlab.declare.metric import metric
from crmlab.metrics import _amounts
from crmlab.metrics._spend import column, realised


def constant(solution):
    """Return what the mean value as everyone's prediction earns."""
    return _amounts.of_mean(_amounts.mean_squared_log, realised(solution))


@metric(
    label="Mean squared log error",
    range=(0.0, float("inf")),
    best=0.0,
    chance=constant,
    cite="Vanderveld et al. 2016",
)
def msle(solution, answers, rows, weights):
    """Return the mean (log(1 + score) − log(1 + value))², (B,); it rewards predicting too little."""
    return _amounts.mean_squared_log(realised(solution), column(answers, "score"), weights)
