"""Coverage: how often the 80 % interval of a customer's spend holds it, fair to the zeros."""

from crmlab.declare.metric import metric
from crmlab.maths import value
from crmlab.metrics._spend import column, realised
from crmlab.metrics._weighting import mean


@metric(
    label="Coverage of the 80 % interval",
    range=(0.0, 1.0),
    best=value.NOMINAL,
    # an uninformative interval may cover as often as it says: it is only wider
    chance=None,
    cite="Czado, Gneiting and Held 2009",
    reads=("lower", "upper", "p_zero"),
)
def coverage(solution, answers, rows, weights):
    """Return the mean chance that the randomised PIT lies in [.1, .9], (B,); .8 is what is promised.

    Of a spend of 0 the PIT is uniform on (0, p_zero), in expectation over it; a positive one is
    inside where lower ≤ value ≤ upper.
    """
    given = (column(answers, c) for c in ("lower", "upper", "p_zero"))
    return mean(value.covered(realised(solution), *given), weights)
