"""The retention list in words: whom to contact and what for, what a value is, and how it came out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import pandas as pd

from crmlab.actions._audience import ASKED, CONTACT, GONE, NO_CONSENT, NO_MONEY, NOT_WORTH_IT, RESTING
from crmlab.actions._coming_back import Returned, of_coming_back
from crmlab.actions._listing import ContactList, LookBack, is_gone
from crmlab.declare.prices import Prices
from crmlab.explain.standing import ALIVE
from crmlab.maths.outlook import Outlook
from crmlab.maths.retention import contact_profit
from crmlab.problems.coming_back import RETURNING

CLOSE: Final = 0.02
"""A choice of people that earns less than this share more than no choice is no choice worth its name."""

LEVEL: Final = 0.9
"""Of the prediction intervals of those to be contacted together."""


@dataclass(frozen=True, kw_only=True)
class Kept(ContactList):
    """The retention list of a comparison's last window.

    table: has further `value` (a year's margin of who stays) and `value_at_risk` (probability of churn times
    value), in currency, and with `valued_by` the columns VALUE: the year as it is expected. explained_by:
    whose reasons they are. horizon_days: how long who is lost is silent, None where leaving is published.
    returned: None where it cannot be known. prices: those of the task, at the measured
    margin where the shop's costs are known. n_inner: rows of the hold-out, 0 without one.
    standing: the model that tells who is still a customer, None without one; with it the table has `p_alive`
    and `p_drops_out` (within the horizon, of who is still there). valued_by: the models of the value, None
    where it is that of the past. outlook: draws of what those to be contacted do together, None without such
    models.
    """

    horizon_days: int | None
    returned: Returned | None
    explained_by: str | None
    prices: Prices
    n_inner: int
    has_spend: bool
    standing: str | None = None
    valued_by: str | None = None
    outlook: Outlook | None = None

    @property
    def sentences(self) -> tuple[str, ...]:
        """Say what every list says, and after what the probability is, what the group will do together."""
        said = super().sentences
        return said if self.outlook is None else (*said[:3], self.of_outlook(self.outlook), *said[3:])

    def of_outlook(self, outlook: Outlook) -> str:
        """Say in prediction intervals what those to be contacted will do, and what contacting them earns."""
        (few, many), (least, most), (low, high) = (
            outlook.ends(name, LEVEL) for name in ("silent", "value", "profit")
        )
        return (
            f"Together, and left alone, {few:.0%} to {many:.0%} of those to be contacted buy nothing within "
            f"{self.horizon_days} days, and all of them bring {least:,.0f} to {most:,.0f} of margin within "
            f"12 months; contacting them earns {low:,.0f} to {high:,.0f} if the response is as assumed "
            f"({LEVEL:.0%} prediction intervals by {self.valued_by})."
        )

    def numbers(self, top: pd.DataFrame) -> Mapping[str, Any]:
        """Return probability and money as texts."""
        alive = {} if self.standing is None else {"Still a customer": top["p_alive"].map("{:.0%}".format)}
        last = {"Last purchase": top["last_purchase"]} if "last_purchase" in top else {}
        return {
            "No purchase" if alive else "Churn": top["probability"].map("{:.1%}".format),
            **alive,
            **last,
            "Value": top["value"].map("{:,.2f}".format),
            "Value at risk": top["value_at_risk"].map("{:,.2f}".format),
            "Expected profit": top["expected_profit"].map("{:,.2f}".format),
        }

    def of_contacts(self) -> str:
        """Say how many are to be contacted, and who is not."""
        return (
            f"Of {len(self.table):,} customers {self.count(CONTACT):,} are to be contacted"
            f"{self._of_profit()}; {self.count(NO_MONEY):,} more would pay but are over the budget, "
            f"{self.count(NOT_WORTH_IT):,} are not worth a contact{self.of_consent(', and')}"
            f"{self._of_gone()}"
        )

    def _of_profit(self) -> str:
        """Say what the contacts are expected to earn, where choosing them earns anything."""
        profit = self.table["expected_profit"].to_numpy()
        earned, at_random = profit[self.chosen].sum(), self._unchosen()
        if not self.chosen.any() or at_random < (1 - CLOSE) * earned:
            return f", with an expected profit of {earned:,.2f} in all"
        return (
            f", which earns within {CLOSE:.0%} of what contacting everybody, or as many at random, would "
            f"({at_random:,.2f}): no profit is claimed for choosing them"
        )

    def _unchosen(self) -> float:
        """Return the expected profit without choosing: of all, or of as many at random under a budget."""
        able = ~self.table["contact"].isin((GONE, NO_CONSENT, RESTING))
        profit = self.table.loc[able, "expected_profit"]
        if self.count(NO_MONEY):
            return float(profit.mean() * self.chosen.sum())
        share = self.chosen.sum() / max(self.table["contact"].isin(ASKED).sum(), 1)
        return float(profit.sum() * share)

    def _of_gone(self) -> str:
        """Say how many are probably gone, and what that means for the list."""
        if self.standing is None:
            return ""
        gone = is_gone(self.table)
        refused = int((gone & (self.table["contact"] == NO_CONSENT)).sum())
        who = f" ({refused:,} of them gave no consent)" if refused else ""
        return (
            f" {gone.sum():,} are probably gone{who}, below {ALIVE:.0%} to be a customer still by "
            f"{self.standing}: they are not to be kept but to be won back, which is a list of its own."
        )

    def of_money(self) -> str:
        """Say what a value is and how much of all value is at risk."""
        what = f"{self.prices['customer_value']:g} for everybody, as the data hold no spend"
        if self.valued_by is not None:
            what = (
                f"{self.prices['margin_share']:.1%} of what a year of one who stays a customer brings, by "
                f"{self.valued_by}; `value_12_months`, with its 80% interval, has in it that some leave. "
                f"{self._of_margin()}"
            )
        elif self.has_spend:
            what = (
                f"{self.prices['margin_share']:.1%} of what the customer spent so far, by the year (the net "
                "spend since the first purchase; less than a year counts as one): the past as it was, no "
                f"forecast. {self._of_margin()}"
            )
        share = self.table["value_at_risk"].sum() / max(self.table["value"].sum(), 1e-12)
        lost = of_coming_back(self.horizon_days, self.returned)
        if self.standing is not None:
            lost = (
                "That is the year's margin of who is still a customer and drops out within "
                f"{self.horizon_days} days, by {self.standing}, whatever the silence of the others means."
            )
        return (
            f"A customer's value is {what.rstrip('.')}. {share:.1%} of all value is at risk. {lost} "
            f"An offer costs {self.prices['incentive_cost']:g} where it is taken and "
            f"{self.prices['contact_cost']:g} to make; {self.prices.accept_rate:.0%} of those about to leave "
            "are expected to stay for it, and everyone who stays anyway takes it."
        )

    def _of_margin(self) -> str:
        """Say which margin that is."""
        if self.prices.measured_margin is None:
            return "That share is the task's declared margin: what the goods cost is not known here."
        return (
            "That share is the margin on what was bought before the cutoff, by the shop's own costs; the "
            f"metrics of the board are at the declared {self.prices.declared['margin_share']:.1%}."
        )

    def of_probability(self) -> str:
        """Say what the probability is, and whose the reasons are."""
        rate = f"The probability is the score of {self.label} as it is"
        if self.n_inner:
            rate = (
                f"The probability is the rate among {self.n_inner:,} held-out train rows with such a score "
                f"of {self.label}"
            )
        if self.explained_by is None:
            return f"{rate}; no classifier is there to give reasons."
        count = int((self.table["reason_1"] != "").sum())
        return f"{rate}; the reasons, for {count:,} of the list, are those of {self.explained_by}."

    def of_looking_back(self) -> str:
        """Say how many of those to be contacted left since, what that says of the scores, and the profit."""
        back = self.look_back()
        if back is None:
            return "Nobody is to be contacted."
        left, value = self.outcome[self.chosen], self.table.loc[self.chosen, "value"].to_numpy()
        earned = contact_profit(left, value, **contact_prices(self.prices)).sum()
        return (
            f"Looking back, {back.rate:.1%} of them {self._left} ({self.level:.0%} interval {back.lower:.1%} "
            f"to {back.upper:.1%}), {back.expected:.1%} were expected to, {self._of_scores(back)}; at the "
            f"same prices the contacts would have earned {earned:,.2f}. The method was picked on these "
            "outcomes too, so this flatters."
        )

    @property
    def _left(self) -> str:
        """What is said of those whose window was empty: that they left, unless too many of such come back."""
        back = self.returned
        if back is None or not back.silent or back.returned <= RETURNING * back.silent:
            return "left"
        return "were silent"

    def _of_scores(self, back: LookBack) -> str:
        """Say what the look back says of the probabilities."""
        if back.is_inside:
            return "which lies inside"
        way = "high" if back.expected > back.upper else "low"
        what = f"the rates of the hold-out are too {way} here"
        if not self.n_inner:
            what = f"the scores of {self.label} are too {way} to be taken for probabilities here"
        return f"which lies outside: {what}, and so is the expected profit"


def contact_prices(prices: Prices) -> dict[str, float]:
    """Return the prices of a contact."""
    costs = {name: prices[name] for name in ("incentive_cost", "contact_cost")}
    return {"accept_rate": prices.accept_rate, **costs}
