"""Total bias: whether the predictions sum to what was spent in all."""

from crmlab.declare.metric import metric
from crmlab.metrics import _amounts
from crmlab.metrics._spend import column, realised


@metric(
    label="Total bias",
    range=(-1.0, float("inf")),
    best=0.0,
    # the mean value as everyone's prediction has the right sum: this metric knows no ranking
    chance=0.0,
    unit="share of the total revenue",
    cite="Wübben and von Wangenheim 2008",
)
def total_bias(solution, answers, rows, weights):
    """Return the summed score over the summed value, less 1, (B,); nan where nothing was spent.

    It keeps its sign: above 0 too much is promised.
    """
    return _amounts.relative_bias(realised(solution), column(answers, "score"), weights)
