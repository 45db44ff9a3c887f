"""Root mean squared error: what the largest misses cost, in money."""

from crmlab.declare.metric import metric
from crmlab.metrics import _amounts
from crmlab.metrics._spend import column, realised
from crmlab.vocabulary import REVENUE


def constant(solution):
    """Return what the mean value as everyone's prediction earns."""
    return _amounts.of_mean(_amounts.root_mean_square, realised(solution))


@metric(
    label="Root mean squared error",
    range=(0.0, float("inf")),
    best=0.0,
    chance=constant,
    unit=REVENUE,
    cite="Gauss 1809",
)
def rmse(solution, answers, rows, weights):
    """Return the root of the mean (score − value)², (B,). The expected value is its best answer."""
    return _amounts.root_mean_square(realised(solution), column(answers, "score"), weights)
