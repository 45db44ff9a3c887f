"""The log-likelihood of single customers under BG/NBD, with its slopes.

For customers with parameters of their own; `_coin_objective.py` sums over customers who are alike.
"""

from __future__ import annotations

import numpy as np
from scipy.special import betaln, expit, gammaln, psi


def terms(r, alpha, a, b, x, t_x, T) -> tuple[np.ndarray, np.ndarray]:
    """Return the log-likelihood of customers, (n,), and its slopes in log r, alpha, a, b, (4, n).

    Parameters are numbers, or one for each customer.
    """
    r, alpha, a, b, x, t_x, T = np.broadcast_arrays(r, alpha, a, b, x, t_x, T)
    phases, before = r + x, b + np.maximum(x - 1, 0)
    gap = np.log((alpha + T) / (alpha + t_x))
    odds = np.where(x > 0, np.log(a / before) + phases * gap, -np.inf)
    value = gammaln(phases) - gammaln(r) + r * np.log(alpha) - phases * np.log(alpha + T)
    value = value + betaln(a, b + x) - betaln(a, b) + np.logaddexp(0, odds)
    gone = expit(odds)
    closer = 1 / (alpha + T) - 1 / (alpha + t_x)
    both = psi(a + b) - psi(a + b + x)
    slopes = [
        r * (psi(phases) - psi(r) + np.log(alpha) - np.log(alpha + T) + gone * gap),
        r - alpha * phases * (1 / (alpha + T) - gone * closer),
        a * both + gone,
        b * (psi(b + x) - psi(b) + both - gone / before),
    ]
    return value, np.array(slopes)
