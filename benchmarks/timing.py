"""CPU seconds of two ways to do the same, taken in turn so that a busy machine slows both."""

from __future__ import annotations

import time
from collections.abc import Callable
from statistics import median


def beside(title: str, ours: Callable[[], object], other: Callable[[], object], *, repeats: int) -> None:
    """Print the median CPU seconds of both, with their range, and the ratio of the medians."""
    seconds: dict[str, list[float]] = {"ours": [], "other": []}
    for _ in range(repeats):
        for name, act in (("ours", ours), ("other", other)):
            began = time.process_time()
            act()
            seconds[name].append(time.process_time() - began)
    shown = ", ".join(
        f"{name} {median(taken):.4g} s ({min(taken):.4g} to {max(taken):.4g})"
        for name, taken in seconds.items()
    )
    ratio = median(seconds["other"]) / median(seconds["ours"])
    print(f"{title}: {shown}; other / ours {ratio:.2f}, n = {repeats}")
