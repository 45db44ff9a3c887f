"""The smallest difference that so many customers can show."""

from __future__ import annotations

import math
from typing import Final

from scipy.stats import norm

LEVEL: Final = 0.95
POWER: Final = 0.8
AUC: Final = 0.7
"""Of a method that is neither poor nor very good, where nothing is known yet."""

PAIRED: Final = 0.8
"""Correlation of two methods' areas on the same customers (Hanley and McNeil 1983, their usual range)."""


def rate_difference(customers: int, rate: float, *, level: float = LEVEL, power: float = POWER) -> float:
    """Return the smallest difference between two halves' rates that a test finds with `power`.

    customers: in both halves together. rate: of the outcome, 0 to 1. By the normal approximation for two
    proportions of equal size (Fleiss, Levin and Paik 2003, section 4.2, without their correction). nan where
    there is nobody, or all come out alike.
    """
    if customers < 2 or not 0 < rate < 1:
        return math.nan
    half = customers / 2
    z = float(norm.ppf(0.5 + level / 2) + norm.ppf(power))
    return z * math.sqrt(2 * rate * (1 - rate) / half)


def auc_error(events: int, others: int, auc: float = AUC) -> float:
    """Return the standard error of an area under the ROC curve (Hanley and McNeil 1982); nan without both."""
    if events < 1 or others < 1:
        return math.nan
    one, two = auc / (2 - auc), 2 * auc**2 / (1 + auc)
    spread = auc * (1 - auc) + (events - 1) * (one - auc**2) + (others - 1) * (two - auc**2)
    return math.sqrt(spread / (events * others))


def auc_difference(
    events: int, others: int, *, auc: float = AUC, level: float = LEVEL, power: float = POWER
) -> float:
    """Return the smallest difference of two methods' areas on the same customers that is found with `power`.

    The two areas are taken to be correlated by PAIRED (Hanley and McNeil 1983).
    """
    z = float(norm.ppf(0.5 + level / 2) + norm.ppf(power))
    return z * auc_error(events, others, auc) * math.sqrt(2 * (1 - PAIRED))
