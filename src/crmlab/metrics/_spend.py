"""What the metrics of value read: realised spend, never below 0, and the answers beside it."""

import numpy as np


def realised(solution):
    """Return each customer's net spend, (n,); where returns leave less than nothing, nothing."""
    return np.maximum(solution["value"].to_numpy(dtype=np.float64), 0.0)


def column(answers, name):
    """Return an answer's column as numbers, (n,)."""
    return answers[name].to_numpy(dtype=np.float64)
