"""Concentration: how many customers spent nothing, and what share of the money those who spent most made."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd

from crmlab.comparison.answers import by_window, spent
from crmlab.errors import NotApplicable
from crmlab.vocabulary import OK

TOPS: Final = {"the tenth who spent most": 0.1, "the fifth": 0.2}


@dataclass(frozen=True)
class Concentration:
    """Who made the revenue of the last window.

    table: one row per group: `who`, `of_customers` (their share of all) and `of_revenue` (what they made of
    it; nan where nobody spent anything).
    """

    customers: int
    horizon_days: float
    table: pd.DataFrame

    @property
    def sentences(self) -> tuple[str, ...]:
        """Say how many spent nothing, and what those who spent most made."""
        who = f"{self.customers:,} customers of the last window"
        nothing, tenth, fifth = self.table.itertuples()
        if nothing.of_customers == 1:
            return (f"None of {who} spent anything in {self.horizon_days:g} days.",)
        return (
            f"Of {who} {nothing.of_customers:.1%} spent nothing in {self.horizon_days:g} days; the tenth who "
            f"spent most made {tenth.of_revenue:.1%} of all revenue, the fifth {fifth.of_revenue:.1%}.",
        )

    def head(self) -> pd.DataFrame:
        """Return the table for readers."""
        rows = list(self.table.itertuples())
        shown = {
            "Share of customers": [f"{r.of_customers:.1%}" for r in rows],
            "Share of revenue": ["" if pd.isna(r.of_revenue) else f"{r.of_revenue:.1%}" for r in rows],
        }
        return pd.DataFrame(shown, index=pd.Index([r.who for r in rows], name="Customers"))


def find(comparison: Any) -> Concentration:
    """Return who made the revenue of a comparison's last window.

    Raises NotApplicable where no method answered, or the problem counts no spend in a period of days.
    """
    answered = next((r.method for r in comparison.runs if r.status == OK), None)
    if answered is None:
        raise NotApplicable("no method answered")
    *_, last = by_window(comparison, answered)
    days = comparison.problem.facts.get("horizon_days")
    if "value" not in last or not days:
        raise NotApplicable("the outcome is no spend in a period of days: there is no revenue to share")
    amounts = np.sort(spent(last))[::-1]
    total = amounts.sum()
    made = [
        amounts[: round(share * len(amounts))].sum() / total if total else np.nan for share in TOPS.values()
    ]
    table = pd.DataFrame(
        {
            "who": ["who spent nothing", *TOPS],
            "of_customers": [float((amounts == 0).mean()), *TOPS.values()],
            "of_revenue": [0.0 if total else np.nan, *made],
        }
    )
    return Concentration(len(amounts), days, table)
