"""The lift of a part of the rows: its rate over the rate of all, with an interval."""

from __future__ import annotations

import numpy as np

from crmlab.maths.rates import wilson


def interval(
    ones: np.ndarray, size: np.ndarray, all_ones: int, all_size: int, *, level: float
) -> tuple[np.ndarray, np.ndarray]:
    """Return the intervals of the lifts of parts of the rows, with `ones` of `size` (k,) rows positive.

    all_ones, all_size: of all rows, of which each part is one. Both rates vary, and the part is in the whole:
    the spreads of their logarithms are recovered from Wilson limits and joined by their correlation (MOVER,
    Zou and Donner 2008). Unlike the percentiles of a bootstrap this has tails as far out as many parts at
    once need, and it keeps its width where all of a part are positive.
    """
    rate, base = ones / size, all_ones / all_size
    low, high = wilson(ones, size, level=level)
    base_low, base_high = wilson(np.float64(all_ones), np.float64(all_size), level=level)
    # the logarithms have the variances (1 - rate) / ones and (1 - base) / all_ones, the covariance
    # (1 - rate) / all_ones
    shared = np.sqrt((1 - rate) * ones / ((1 - base) * all_ones)) if all_ones < all_size else 0.0
    with np.errstate(divide="ignore", invalid="ignore"):
        down = _joined(np.log(rate / low), np.log(base_high / base), shared)
        up = _joined(np.log(high / rate), np.log(base / base_low), shared)
        lower, upper = rate / base * np.exp(-down), rate / base * np.exp(up)
    return np.where(ones > 0, lower, 0.0), np.where(ones > 0, upper, high / base_low)


def _joined(first: np.ndarray, second: np.ndarray, correlation: np.ndarray | float) -> np.ndarray:
    """Return the distances to the limits of differences from those of their two parts."""
    return np.sqrt(np.maximum(first**2 + second**2 - 2 * correlation * first * second, 0.0))
