"""Coming back: how many who were silent for a horizon bought again, where that can be known."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from crmlab.maths.retention import yearly_margin
from crmlab.problems.coming_back import latest_silent

if TYPE_CHECKING:
    from crmlab.comparison.compare import Comparison


@dataclass(frozen=True)
class Returned:
    """How many who were silent for a horizon came back: of the latest origin where that can be known.

    origin: its cutoff, a day. silent: customers who bought nothing in its label window. returned: those of
    them who bought after it, in the `days` up to the list's own cutoff. value_share: their share of the
    value of the silent at the origin; nan where the silent have none.
    """

    origin: str
    silent: int
    returned: int
    days: int
    value_share: float


def came_back(comparison: Comparison) -> Returned | None:
    """Return how many of the silent of an earlier window bought after it, as known at the last cutoff.

    None where that cannot be known (see `problems.coming_back`).
    """
    known = latest_silent(comparison.problem)
    if known is None:
        return None
    prices, back = comparison.economics, known.back
    value = yearly_margin(known.rows, margin_share=prices["margin_share"], otherwise=prices["customer_value"])
    return Returned(
        origin=known.origin,
        silent=len(known.rows),
        returned=int(back.sum()),
        days=known.days,
        value_share=float(value[back].sum() / value.sum()) if value.sum() > 0 else float("nan"),
    )


def of_coming_back(horizon_days: int | None, returned: Returned | None) -> str:
    """Say what value at risk takes for lost, and how many of an earlier window's silent came back.

    horizon_days: how long who is lost is silent, None where leaving is published.
    """
    if horizon_days is None:
        return "That is the year's margin of those who leave."
    text = (
        f"That is the year's margin of customers silent for {horizon_days} days, as if none of them came back"
    )
    if returned is None or not returned.silent:
        return f"{text}; some do, so it is an upper bound, and so is what a contact is expected to earn."
    r, window = returned, f"in the {horizon_days} days from {returned.origin}"
    if not r.returned:
        return f"{text}; of {r.silent:,} silent {window} none bought again in the {r.days} days after."
    held = "" if np.isnan(r.value_share) else f", with {r.value_share:.1%} of their value"
    return (
        f"{text}; but {r.returned:,} ({r.returned / r.silent:.1%}) of {r.silent:,} silent {window} "
        f"bought again in the {r.days} days after{held}, so it is an upper bound, and so is what a "
        "contact is expected to earn."
    )
