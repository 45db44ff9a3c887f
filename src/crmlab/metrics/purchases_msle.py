"""Mean squared logarithmic error of purchases: misses in proportion, so that few large buyers do not rule."""

from crmlab.declare.metric import metric
from crmlab.metrics import _amounts
from crmlab.metrics._purchases import EXPECTED, judged, of_mean


def constant(solution):
    """Return what the mean count as everyone's expectation earns."""
    return of_mean(_amounts.mean_squared_log, solution)


@metric(
    label="Mean squared log error of purchases",
    range=(0.0, float("inf")),
    best=0.0,
    chance=constant,
    cite="Vanderveld et al. 2016",
    reads=(EXPECTED,),
)
def purchases_msle(solution, answers, rows, weights):
    """Return the mean (log(1 + expected) − log(1 + counted))² of purchase days, (B,).

    It rewards expecting too little.
    """
    return judged(_amounts.mean_squared_log, solution, answers, weights)
