"""What measures of survival read: durations, events, the curves that were answered, and their times."""

import numpy as np

from crmlab.kinds.survival import CURVE, times
from crmlab.maths import survival_scores


def observed(solution):
    """Return durations (days, (n,)) and events (n,), 1 where the row was seen to end."""
    return solution["duration_days"].to_numpy(dtype=np.float64), solution["event"].to_numpy()


def grid(solution):
    """Return the days, (12,), at which curves are told: twelfths of the horizon.

    The horizon is the longest time that a row was followed.
    """
    return times(float(solution["followed_days"].max()))


def curves(answers):
    """Return the curves that were answered, (n, 12)."""
    return answers[list(CURVE)].to_numpy(dtype=np.float64)


def one_curve(solution):
    """Return the Kaplan-Meier curve of the solution as everyone's answer, (n, 12)."""
    duration, event = observed(solution)
    kept = survival_scores.observed_survival(duration, event, np.ones((1, len(duration))), grid(solution))
    return np.tile(kept, (len(duration), 1))
