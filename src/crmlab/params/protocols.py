"""Protocols: how rows are divided into train and test, and what the intervals of each one vary."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from crmlab.errors import UsageError, did_you_mean

NUMBER: Final = (int, float)

LEVELS: Final = ("category", "product")
"""What an item of a basket may be, in a protocol on baskets."""


@dataclass(frozen=True)
class Protocol:
    """One way to divide rows.

    words: for a table of protocols. varies: what its intervals vary. in_time: whether every test row lies
    after what it was trained on. resampled: whether test rows are drawn again and again from the same rows,
    so that train rows of one fold test in another. on_events: whether it divides events by cutoffs, else
    the rows of a labelled table. on_baskets: whether what is asked is a basket and not an outcome. settings:
    {setting in params.yaml: its type}; needed: those that must be given.
    """

    name: str
    words: str
    varies: str
    settings: Mapping[str, Any]
    needed: frozenset[str] = frozenset()
    in_time: bool = True
    resampled: bool = False
    on_events: bool = False
    on_baskets: bool = False


PROTOCOLS: Final = {
    p.name: p
    for p in (
        Protocol(
            "rolling",
            words="rolling origins",
            varies="test customers, as blocks across origins",
            settings={
                "horizon_days": int,
                "gap_days": int,
                "train_cutoffs": list,
                "test_cutoffs": list,
                "left_censored_before": str,
                "followed_until": str,
                "population": dict,
            },
            needed=frozenset({"horizon_days", "gap_days", "train_cutoffs", "test_cutoffs"}),
            on_events=True,
        ),
        Protocol(
            "chronological",
            words="one hold-out forward in time",
            varies="test rows of one hold-out",
            settings={"train_share": float, "leave_out": list},
            needed=frozenset({"train_share"}),
        ),
        Protocol(
            "blocks",
            words="rolling blocks forward in time",
            varies="test rows of blocks that follow one another in time",
            settings={
                "first_share": float,
                "windows": int,
                "test_periods": list,
                "leave_out": list,
            },
        ),
        Protocol(
            "cross_validation",
            words="a random split",
            varies="the split into train and test rows (corrected for their overlap)",
            settings={"folds": int, "repeats": int, "leave_out": list},
            needed=frozenset({"folds", "repeats"}),
            in_time=False,
            resampled=True,
        ),
        Protocol(
            "next_basket",
            words="rolling origins, the first basket after each",
            varies="test customers, as blocks across origins",
            settings={"by": str, "horizon_days": int, "test_cutoffs": list},
            needed=frozenset({"by", "horizon_days", "test_cutoffs"}),
            on_events=True,
            on_baskets=True,
        ),
        Protocol(
            "last_basket",
            words="each customer's last basket held out",
            varies="test customers",
            settings={"by": str, "fewest_baskets": int},
            needed=frozenset({"by", "fewest_baskets"}),
            in_time=False,
            on_events=True,
            on_baskets=True,
        ),
    )
}


def protocol(name: str) -> Protocol:
    """Return a protocol by name. Raises UsageError for an unknown one ('did you mean')."""
    if name not in PROTOCOLS:
        raise UsageError(f"no protocol '{name}'." + did_you_mean(str(name), PROTOCOLS))
    return PROTOCOLS[name]
