"""Decile calibration: whether tenths of the customers by prediction spend what is predicted of them."""

from crmlab.declare.metric import metric
from crmlab.maths import value
from crmlab.metrics._spend import column, realised


@metric(
    label="Decile calibration error",
    range=(0.0, float("inf")),
    best=0.0,
    # the mean value as everyone's prediction is calibrated: this metric knows no ranking
    chance=0.0,
    unit="of the mean revenue",
    cite="Wang, Liu and Miao 2019",
)
def decile_calibration(solution, answers, rows, weights):
    """Return the mean |predicted − realised| of ten deciles over the mean value, (B,).

    Deciles are by prediction; a tie that a border cuts goes to both sides. nan where nothing was
    spent. Noise in a decile's mean is an error too.
    """
    return value.decile_error(realised(solution), column(answers, "score"), weights)
