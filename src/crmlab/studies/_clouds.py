"""What studies of segments share: customers of one kind, and customers of four planted kinds."""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd
from scipy.stats import norm

from crmlab.seeds import generator

CUSTOMERS: Final = 1000
COLUMNS: Final = 4
SHARES: Final = (0.4, 0.3, 0.2, 0.1)
"""Sizes of the planted groups."""

MARGINS: Final = {"gaussian": lambda z: z, "uniform": norm.cdf, "lognormal": np.exp}
"""Margins of customers of one kind, of a correlated Gaussian with variance 1."""


def one_kind(seed: int, margin: str) -> pd.DataFrame:
    """Return customers (n, p) of one kind; the correlations differ from world to world."""
    rng = generator(seed, margin)
    mixing = rng.standard_normal((COLUMNS, COLUMNS))
    mixing /= np.linalg.norm(mixing, axis=1, keepdims=True)
    return _frame(MARGINS[margin](rng.standard_normal((CUSTOMERS, COLUMNS)) @ mixing.T))


def four_kinds(seed: int, *, separation: float) -> tuple[pd.DataFrame, np.ndarray]:
    """Return customers (n, p) of four kinds, and the kind of each (n,).

    In the logarithm, each group is a round Gaussian, and every two centres lie `separation` of its
    standard deviations apart, in directions that differ from world to world.
    """
    rng = generator(seed, "four kinds", separation)
    kind = np.repeat(np.arange(len(SHARES)), np.round(np.array(SHARES) * CUSTOMERS).astype(int))
    # the unit vectors lie sqrt(2) apart
    turned = np.linalg.qr(rng.standard_normal((COLUMNS, COLUMNS)))[0]
    centres = turned[: len(SHARES)] * separation / np.sqrt(2)
    behaviour = centres[kind] + rng.standard_normal((CUSTOMERS, COLUMNS))
    return _frame(np.exp(4 + 0.25 * behaviour)), kind


def _frame(columns: np.ndarray) -> pd.DataFrame:
    """Return the columns as a frame."""
    return pd.DataFrame(columns, columns=[f"x{i}" for i in range(columns.shape[1])])
