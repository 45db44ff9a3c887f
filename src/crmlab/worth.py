"""Worth: what the expected spend is made of, of the best customers and in all, and how much is margin."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from crmlab.errors import NotApplicable
from crmlab.kinds.lifetime_value import PARTS
from crmlab.margin import margin_share
from crmlab.maths.value import discounted_margin
from crmlab.metrics._spend import realised
from crmlab.plots._answers import by_window
from crmlab.vocabulary import OK

TOP = 10
DISCOUNT_PER_YEAR = 0.1
"""At which money to come is worth less today, where nothing else is asked for."""


@dataclass(frozen=True)
class Worth:
    """The customers with the highest expected spend of the last window, and what to say of them.

    customers: one row each, indexed by customer: the parts, the expected spend with its interval, its
    discounted margin (or `revenue`, where costs are unknown) and what was spent.
    """

    customers: pd.DataFrame
    sentences: tuple[str, ...]


def of(comparison: Any, *, discount_per_year: float = DISCOUNT_PER_YEAR) -> Worth:
    """Return the worth of the TOP customers by the best method that answers with parts.

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
    product = top[list(PARTS)].prod(axis=1)
    known = comparison.problem.facts
    cutoff = max(f["cutoff"] for f in known["folds"])
    share = margin_share(known["dataset"], cutoff=pd.Timestamp(cutoff))
    asked = {"discount_per_year": discount_per_year, "horizon_days": known["horizon_days"]}
    prices = None if share is None else {"margin_share": share, **asked}
    money = top["score"] if prices is None else discounted_margin(top["score"], **prices)
    shown = {
        "P(alive)": top["p_alive"],
        "Purchases if alive": top["purchases_if_alive"],
        "Spend per purchase": top["spend_per_purchase"],
        "Expected spend": product,
        "10 %": top["lower"],
        "90 %": top["upper"],
        "Revenue" if share is None else "Discounted margin": money,
        "Spent": top["value"],
    }
    frame = pd.DataFrame(shown).set_axis(owners.loc[top["row_id"]].rename("Customer"))
    label = comparison.run_of(chosen).label
    said = (
        _of_parts(label, top),
        _of_margin(share, discount_per_year),
        _of_all(comparison, comparison.verdict.champion or chosen, prices),
    )
    return Worth(frame.round(3), said)


def concentration(comparison: Any) -> tuple[str, ...]:
    """Say how many of the last window's customers spent nothing, and what share those who spent most made.

    Raises NotApplicable where no method answered.
    """
    answered = next((r.method for r in comparison.runs if r.status == OK), None)
    if answered is None:
        raise NotApplicable("no method answered")
    *_, last = by_window(comparison, answered)
    spent = np.sort(realised(last))[::-1]
    days = comparison.problem.facts["horizon_days"]
    who = f"{len(spent):,} customers of the last window"
    if not spent.any():
        return (f"None of {who} spent anything in {days:g} days.",)
    tenth, fifth = (spent[: round(share * len(spent))].sum() / spent.sum() for share in (0.1, 0.2))
    return (
        f"Of {who} {(spent == 0).mean():.1%} spent nothing in {days:g} days; the tenth who spent most made "
        f"{tenth:.1%} of all revenue, the fifth {fifth:.1%}.",
    )


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
    told, came = float(last["score"].sum()), float(realised(last).sum())
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
