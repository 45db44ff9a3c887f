"""Factors of customers and items: what a customer's factors are, given those of the items."""

from __future__ import annotations

import numpy as np
from scipy import sparse


def customer_factors(confidence: sparse.csr_array, items: np.ndarray, *, ridge: float) -> np.ndarray:
    """Return each customer's factors by weighted least squares, (n, f) (Hu, Koren and Volinsky 2008).

    confidence: c of what a customer bought, above 1, (n, m); what she did not buy has a confidence of 1.
    items: factors, (m, f). ridge: the penalty. With Y the items' factors, x = (Y'CY + ridge I)^-1 Y'C p,
    where p is 1 for what was bought and else 0.
    """
    whole = items.T @ items + ridge * np.eye(items.shape[1])
    found = np.zeros((confidence.shape[0], items.shape[1]))
    for row in range(len(found)):
        start, end = confidence.indptr[row : row + 2]
        mine, weight = items[confidence.indices[start:end]], confidence.data[start:end]
        if len(mine):
            found[row] = np.linalg.solve(whole + (mine.T * (weight - 1)) @ mine, mine.T @ weight)
    return found
