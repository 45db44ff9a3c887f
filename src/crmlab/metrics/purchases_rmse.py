"""Root mean squared error of purchases: by how many purchase days an expectation misses."""

from crmlab.declare.metric import metric
from crmlab.metrics import _amounts
from crmlab.metrics._purchases import EXPECTED, judged, of_mean


def constant(solution):
    """Return what the mean count as everyone's expectation earns."""
    return of_mean(_amounts.root_mean_square, solution)


@metric(
    label="Root mean squared error of purchases",
    range=(0.0, float("inf")),
    best=0.0,
    chance=constant,
    unit="purchase days",
    cite="Gauss 1809",
    reads=(EXPECTED,),
)
def purchases_rmse(solution, answers, rows, weights):
    """Return the root of the mean (expected − counted)² purchase days in the label window, (B,).

    A few who buy often rule it; where most buy nothing, the mean of them all is hard to beat by much.
    """
    return judged(_amounts.root_mean_square, solution, answers, weights)
