"""The ranges of the numbers in params.yaml: values of the right type that cannot be meant."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

from crmlab.params.faults import Faults


class Range(NamedTuple):
    """The numbers that a setting may be, and the words for a message."""

    holds: Callable[[float], bool]
    words: str


SHARE: Final = Range(lambda x: 0 < x < 1, "must lie between 0 and 1")
LATEST: Final = Range(lambda x: 0 <= x < 1, "must be at least 0 and below 1")
RATE: Final = Range(lambda x: 0 <= x <= 1, "must be from 0 to 1")
ABOVE_0: Final = Range(lambda x: x > 0, "must be above 0")
AT_LEAST_0: Final = Range(lambda x: x >= 0, "must be at least 0")
AMOUNT: Final = Range(lambda x: 0 <= x < math.inf, "must be at least 0 and finite")
AT_LEAST_1: Final = Range(lambda x: x >= 1, "must be at least 1")
AT_LEAST_2: Final = Range(lambda x: x >= 2, "must be at least 2")
LEVEL: Final = Range(lambda x: 0.5 <= x < 1, "must be at least .5 and below 1")
REPLICATES: Final = Range(lambda x: 2 <= x <= 1_000_000, "must be from 2 to 1,000,000")
CENTURY: Final = Range(lambda x: x <= 36_500, "must be at most 36,500 days")
WORKERS: Final = Range(lambda x: 1 <= x <= 256, "must be from 1 to 256")

LIMITS: Final = {"workers": WORKERS, "seconds_per_run": ABOVE_0}
INTERVALS: Final = {"level": LEVEL, "replicates": REPLICATES}
TASK: Final = {"stability_refits": AT_LEAST_0, "inner_share": LATEST, "refits": AT_LEAST_0}
PROBLEM: Final = {
    "horizon_days": CENTURY,
    "gap_days": CENTURY,
    "replicates": REPLICATES,
    "train_share": SHARE,
    "first_share": SHARE,
    "refits": AT_LEAST_0,
    "windows": AT_LEAST_2,
    "folds": AT_LEAST_2,
    "repeats": AT_LEAST_1,
    "fewest_baskets": AT_LEAST_2,
}
SHARES_AMONG_PRICES: Final = {"accept_rate": RATE, "margin_share": RATE}


def check_ranges(faults: Faults, where: str, part: Mapping[str, Any], ranges: Mapping[str, Range]) -> None:
    """Note every number of a part that lies outside the range of its setting."""
    for key, value in part.items():
        if key not in ranges:
            continue
        if isinstance(value, bool) or not isinstance(value, int | float):
            faults.add(f"{where}.{key} = {value!r} is {type(value).__name__}, not a number")
        elif not ranges[key].holds(value):
            faults.add(f"{where}.{key} = {value} {ranges[key].words}")


def check_prices(faults: Faults, where: str, prices: Mapping[str, float]) -> None:
    """Note every price that cannot be meant: a share beyond 1, an amount below 0 or without an end."""
    check_ranges(faults, where, prices, dict.fromkeys(prices, AMOUNT) | SHARES_AMONG_PRICES)
