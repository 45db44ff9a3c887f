"""Capture at 10 %: the share of all spend that the tenth with the highest predictions makes."""

from crmlab.maths import ranking
from crmlab.metrics._spend import column, realised
from crmlab.registry import metric

SHARE = 0.1


@metric(
    label="Value captured by the top 10 %",
    range=(0.0, 1.0),
    best=1.0,
    chance=SHARE,
    cite="Malthouse and Blattberg 2005",
    needs=("score", "upper"),
)
def capture_10(solution, answers, rows, weights):
    """Return the captured share of value, (B,); ties at the border count in proportion.

    nan where nothing was spent. The best end is reached where no more than a tenth spends at all.
    """
    lift = ranking.top_share_lift(realised(solution), column(answers, "score"), weights, share=SHARE)
    return SHARE * lift
