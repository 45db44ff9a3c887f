"""Offers: which product to offer each customer next, and why; what that may earn is assumed and says so.

The list is of the last window's customers, by the list of items of the chosen method. What is offered is the
first item that the customer never bought: what is due anyway needs no offer. The chance is measured on the
test windows: how often customers with as many baskets bought the item that would have been offered to them.
It happened without an offer, so what an offer adds is not in it, and the margin is of what is bought anyway.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Final

import numpy as np
import pandas as pd

from crmlab.actions._audience import CONSENT, CONTACT, NO_CONSENT, NOT_WORTH_IT, consented, untold
from crmlab.actions._listing import (
    REASONS,
    ContactList,
)
from crmlab.actions._prices import prices_of
from crmlab.comparison.answers import by_window
from crmlab.declare.action import Action
from crmlab.errors import NotApplicable
from crmlab.explain.offer_reasons import OfferReasons
from crmlab.maths.next_basket.purchases import purchases_of
from crmlab.maths.next_basket.texts import items_of

if TYPE_CHECKING:
    from crmlab.comparison.compare import Comparison

NEEDS: Final = ("margin_share",)
EDGES: Final = (2, 5, 20)
"""From so many baskets on a customer belongs to the next band, each with a chance of its own."""


@dataclass(frozen=True, kw_only=True)
class Offers(ContactList):
    """What to offer to whom.

    table: has further `product` (empty where there is nothing new to offer) and `also_1`, `also_2` (the next
    two). margin_share: of revenue, assumed. windows: on how many the chance was measured. outcome: whether
    the customer bought the product in the last window.
    """

    margin_share: float
    windows: int

    person: ClassVar[str] = "Customer"

    def numbers(self, top: pd.DataFrame) -> dict[str, Any]:
        """Return the product with its chance and assumed margin as texts."""
        return {
            "Offer": top["product"],
            "Bought anyway": top["probability"].map("{:.1%}".format),
            "Assumed margin": top["expected_profit"].map("{:.2f}".format),
        }

    def of_contacts(self) -> str:
        """Say how many are offered something, and who is not."""
        when = f"on {self.cutoff}" if self.cutoff else "after their last basket but one"
        return (
            f"Of {len(self.table):,} customers {when}, {self.count(CONTACT):,} are offered a product that "
            f"they never bought, by {self.label}; for {self.count(NOT_WORTH_IT):,} there is none"
            f"{self.of_consent(';')}"
        )

    def of_money(self) -> str:
        """Say what the margin is, and what it is not."""
        return (
            f"The margin is assumed: {self.margin_share:.0%} of what the product usually costs, times the "
            "chance that it is bought without an offer. What an offer adds to that, a trial has to measure."
        )

    def of_probability(self) -> str:
        """Say what the chance is."""
        on = "the test window" if self.windows == 1 else f"{self.windows} test windows"
        return (
            f"The chance is how often customers with as many baskets bought what would have been offered to "
            f"them, on {on}."
        )

    def of_looking_back(self) -> str:
        """Say how many of those to be offered something bought it since."""
        back = self.look_back()
        if back is None:
            return "Nobody is to be offered anything."
        return (
            f"Looking back, {back.rate:.1%} of them bought it since ({self.level:.0%} interval "
            f"{back.lower:.1%} to {back.upper:.1%}), on the rows by which the method was chosen."
        )


def make(comparison: Comparison, *, reasoned: int | None = None) -> Offers:
    """Return the offers of the last window, the highest assumed margin first.

    reasoned: how many from the top get reasons, None for all. Raises NotApplicable where no method answered
    with lists, and without a margin share.
    """
    prices = prices_of(comparison)
    prices.need(NEEDS, why="no offer has a margin")
    if comparison.chosen is None:
        raise NotApplicable(f"{comparison.task}/{comparison.name} has no champion")
    run = comparison.run_of(comparison.chosen)
    if run.answers is None or "offered" not in run.answers:
        raise NotApplicable(f"{run.label} gave no lists of items to offer from")
    fold = comparison.problem.last_fold()
    windows = [_judged(comparison, frame) for frame in by_window(comparison, comparison.chosen)]
    rows, last = fold.test_rows, windows[-1].set_index("row_id").loc[fold.test_row_ids].reset_index()
    table = pd.DataFrame({"customer": rows["customer"], "score": last["score_1"]})
    chance = pd.concat(windows)[lambda f: f["product"] != ""].groupby("band")["bought_it"].mean()
    table["probability"] = last["band"].map(chance).fillna(0.0).to_numpy()
    price = fold.history.groupby("item")["amount"].mean()
    usual = last["product"].map(price).fillna(0.0).to_numpy()
    table["expected_profit"] = prices["margin_share"] * table["probability"] * usual
    table["contact"] = np.where(last["product"] == "", NOT_WORTH_IT, CONTACT)
    table.loc[~consented(rows), "contact"] = NO_CONSENT
    for column in ("product", "also_1", "also_2"):
        table[column] = last[column].to_numpy()
    order = table.sort_values(["expected_profit", "score"], ascending=False, kind="stable").index
    table = table.loc[order].join(_reasons(table.loc[order[:reasoned]], fold))
    table[list(REASONS)] = table[list(REASONS)].fillna("")
    return Offers(
        problem=comparison.name,
        label=run.label,
        level=comparison.level,
        cutoff=fold.cutoff,
        has_consent=CONSENT in rows,
        untold=untold(rows),
        table=table.reset_index(drop=True),
        outcome=last["bought_it"].to_numpy()[table.index.to_numpy()],
        margin_share=prices["margin_share"],
        windows=len(windows),
    )


def _judged(comparison: Comparison, frame: pd.DataFrame) -> pd.DataFrame:
    """Return of each row of a window the first new items of its list, its band, and whether it was bought.

    frame: lists joined with the solution.
    """
    rows = comparison.problem.rows.set_index("row_id").loc[frame["row_id"]]
    history, fold = comparison.problem.history, int(frame["fold"].iloc[0])
    cutoff = next(f["cutoff"] for f in comparison.problem.facts["folds"] if f["fold"] == fold)
    if cutoff is not None:
        history = history[history["at"] < pd.Timestamp(cutoff)]
    ever = history.groupby("customer")["item"].agg(set)
    new = [
        [item for item in items_of(text) if item not in ever.get(customer, ())]
        for customer, text in zip(rows["customer"], frame["offered"], strict=True)
    ]
    found = pd.DataFrame(
        [[*one[:3], "", "", ""][:3] for one in new], columns=["product", "also_1", "also_2"], dtype="str"
    )
    bought = [p != "" and p in items_of(b) for p, b in zip(found["product"], frame["bought"], strict=True)]
    kept = frame[["row_id", "score_1"]].reset_index(drop=True)
    band = np.digitize(rows["baskets"].to_numpy(), EDGES)
    return pd.concat([kept, found], axis=1).assign(bought_it=np.array(bought, dtype=np.int64), band=band)


def _reasons(offered: pd.DataFrame, fold: Any) -> pd.DataFrame:
    """Return the reasons of offers: of the product, and of the two that come next with their names."""
    now = pd.Timestamp(fold.cutoff) if fold.cutoff else fold.history["at"].max()
    known = OfferReasons(purchases_of(fold.history), now)
    rows = []
    for row in offered.itertuples():
        first = known.of(row.customer, row.product) if row.product else ""
        more = [
            f"{item}: {known.of(row.customer, item)}" if item else "" for item in (row.also_1, row.also_2)
        ]
        rows.append([first, *more])
    return pd.DataFrame(rows, index=offered.index, columns=list(REASONS), dtype="str")


ACTION = Action(label="What to offer", tasks=("cross_sell",), prices=NEEDS, make=make)
