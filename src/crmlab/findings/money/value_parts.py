"""Value parts: what the expected spend of the best customers is made of, and how much of it is margin."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from crmlab.comparison.answers import by_window, spent
from crmlab.errors import NotApplicable
from crmlab.history.margin import margin_share
from crmlab.kinds.lifetime_value import PARTS
from crmlab.maths.value import discounted_margin
from crmlab.vocabulary import OK

TOP = 10
DISCOUNT_PER_YEAR = 0.1
"""At which money to come is worth less today, where nothing else is asked for."""

NAMES = {
    "p_alive": "P(alive)",
    "purchases_if_alive": "Purchases if alive",
    "spend_per_purchase": "Spend per purchase",
    "expected": "Expected spend",
    "lower": "10 %",
    "upper": "90 %",
}
"""What readers call the columns."""


@dataclass(frozen=True)
class ValueParts:
    """The customers with the highest expected spend of the last window, and what to say of them.

    table: one row per customer: `customer`, the parts `p_alive`, `purchases_if_alive` and
    `spend_per_purchase`, `expected` (their product) with its 80 % interval `lower`, `upper`, `money` (the
    discounted margin, or revenue where costs are unknown) and `spent`. has_costs: which of the two.
    """

    table: pd.DataFrame
    sentences: tuple[str, ...]
    has_costs: bool

    def head(self) -> pd.DataFrame:
        """Return the table for readers, by customer."""
        names = {**NAMES, "money": "Discounted margin" if self.has_costs else "Revenue", "spent": "Spent"}
        shown = self.table.set_index("customer").rename(columns=names).rename_axis("Customer")
        return shown.round(3)


def find(comparison: Any, *, discount_per_year: float = DISCOUNT_PER_YEAR) -> ValueParts:
    """Return the parts of the value of the TOP customers by the best method that answers with parts.

    The last sentence is of all customers of the last window, by the champion. Raises NotApplicable
    where no method does.
    """
    able = {r.method for r in comparison.runs if r.status == OK and set(PARTS) <= set(r.answers)}
    chosen = next((m for m in comparison.order() if m in able), None)
    if chosen is None:
        raise NotApplicable("no method answers with the parts of a value")
    *_, last = by_window(comparison, chosen)
    top = last.nlargest(TOP, "score")
    owners = comparison.problem.rows.set_index("row_id")["customer"]
    known = comparison.problem.facts
    cutoff = max(f["cutoff"] for f in known["folds"])
    share = margin_share(known["dataset"], cutoff=pd.Timestamp(cutoff))
    asked = {"discount_per_year": discount_per_year, "horizon_days": known["horizon_days"]}
    prices = None if share is None else {"margin_share": share, **asked}
    money = top["score"] if prices is None else discounted_margin(top["score"], **prices)
    table = pd.DataFrame(
        {
            "customer": owners.loc[top["row_id"]].to_numpy(),
            **{part: top[part].to_numpy() for part in PARTS},
            "expected": top[list(PARTS)].prod(axis=1).to_numpy(),
            "lower": top["lower"].to_numpy(),
            "upper": top["upper"].to_numpy(),
            "money": np.asarray(money),
            "spent": top["value"].to_numpy(),
        }
    )
    label = comparison.run_of(chosen).label
    said = (
        _of_parts(label, top),
        _of_margin(share, discount_per_year),
        _of_all(comparison, comparison.verdict.champion or chosen, prices),
    )
    return ValueParts(table, said, share is not None)


def _of_parts(label: str, top: pd.DataFrame) -> str:
    """Say what the best customers are made of, beside what they then spent."""
    told, came = top["score"].sum(), top["value"].sum()
    return (
        f"{label} expects {told:,.0f} of its {len(top)} best customers; they spent {came:,.0f}. The expected "
        "spend of each is P(alive) × purchases if alive × spend per purchase."
    )


def _of_margin(share: float | None, discount_per_year: float) -> str:
    """Say whether the amounts are margin or revenue."""
    if share is None:
        return "What the goods cost is not known here: all amounts are revenue."
    return (
        f"Of what was bought before the cutoff {share:.1%} was margin; the discounted margin is that "
        f"share, at {discount_per_year:.0%} a year."
    )


def _of_all(comparison: Any, method: str, prices: Mapping[str, float] | None) -> str:
    """Say what a method expects of all customers of the last window, beside what came.

    prices: what `discounted_margin` asks for; None without costs, where revenue alone is known.
    """
    *_, last = by_window(comparison, method)
    told, came = float(last["score"].sum()), float(spent(last).sum())
    said = (
        f"In all, {comparison.run_of(method).label} expects revenue of {told:,.0f} from {len(last):,} "
        f"customers in the {comparison.problem.facts['horizon_days']:g} days after the last cutoff; "
        f"{came:,.0f} came"
    )
    if prices is None:
        return f"{said}."
    share = prices["margin_share"]
    worth, real = (float(discounted_margin(np.array(sum_), **prices)) for sum_ in (told, came))
    return (
        f"{said}. At a margin of {share:.1%} that is a margin of {share * told:,.0f}, {worth:,.0f} "
        f"discounted to the cutoff; of what came, at the same share, {share * came:,.0f} and {real:,.0f}."
    )
