"""What the metrics of purchases read: purchase days in the label window, and how many were expected.

A day with purchases counts once, as in `frequency`, from which the expectations come. Where nobody counted
them (an outcome as published), these metrics are not defined.
"""

import numpy as np

from crmlab.metrics import _amounts
from crmlab.metrics._spend import column

EXPECTED = "expected_purchases"
COUNTED = "purchases"


def judged(measure, solution, answers, weights):
    """Return measure(purchase days (n,), expected ones (n,), weights (B, n)), (B,); nan without a count."""
    if COUNTED not in solution:
        return np.full(len(weights), np.nan)
    return measure(column(solution, COUNTED), column(answers, EXPECTED), weights)


def of_mean(measure, solution):
    """Return what the mean count as everyone's expectation earns, nan without a count."""
    return _amounts.of_mean(measure, column(solution, COUNTED)) if COUNTED in solution else float("nan")
