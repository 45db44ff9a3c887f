"""Coverage at the top: of the 80 % interval, among the tenth with the highest predictions."""

from crmlab.declare.metric import metric
from crmlab.maths import ranking, value
from crmlab.metrics._spend import column, realised

SHARE = 0.1


@metric(
    label="Coverage in the top decile",
    range=(0.0, 1.0),
    best=value.NOMINAL,
    # an uninformative interval may cover as often as it says: it is only wider
    chance=None,
    cite="Czado, Gneiting and Held 2009",
    reads=("score", "lower", "upper", "p_zero"),
)
def top_coverage(solution, answers, rows, weights):
    """Return the coverage of the top decile by predicted value, (B,), as `coverage` counts it.

    By prediction, not by what was spent: who was chosen by the outcome is outside by choice. Ties at the
    border count in proportion.
    """
    given = (column(answers, c) for c in ("lower", "upper", "p_zero"))
    inside = value.covered(realised(solution), *given)
    return ranking.top_share_rate(inside, column(answers, "score"), weights, share=SHARE)
