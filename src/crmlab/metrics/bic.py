"""BIC: how well a density fits the customers, less the price of its parameters."""

import numpy as np

from crmlab.declare.metric import metric


@metric(
    label="BIC per customer",
    range=(float("-inf"), float("inf")),
    best=float("-inf"),
    # a density has no uninformative answer: a change of units moves every value
    chance=None,
    unit="per customer",
    cite="Schwarz 1978",
    reads=("log_density", "parameters"),
)
def bic(solution, answers, rows, weights):
    """Return (−2 Σ log density + parameters · log N) / N, (B,); N is the sum of weights. Lower is better.

    Comparable only between densities of the same columns on the same scale: a mixture of logarithms and
    one of classes (latent class analysis) have values that say nothing about each other. Per customer, so
    that windows of different sizes can be averaged. nan for weights of 0.
    """
    total = weights.sum(axis=1, dtype=np.float64)
    held = np.where(total > 0, total, 1.0)
    fit = -2 * (weights @ answers["log_density"].to_numpy(dtype=np.float64))
    # one model answers a window: its number of parameters is the same in every row
    price = float(answers["parameters"].iloc[0]) * np.log(held)
    return np.where(total > 0, (fit + price) / held, np.nan)
