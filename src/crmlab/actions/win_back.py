"""Whom to win back: who is probably gone, what there would be to win, and from which response on it pays.

Of a last window's customers these are the ones whom `keep` does not keep (see `explain.standing`). Whether
they come back for an offer no comparison of this kind can tell, as their past holds no offer: the response is
what params.yaml declares under `lists.responses.win_back`, and why. Where that is 0 nothing is claimed, and
the list is in the order of the response from which a contact would pay.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from crmlab import params
from crmlab.actions._audience import (
    CONSENT,
    CONTACT,
    NO_MONEY,
    NOT_WORTH_IT,
    Campaign,
    campaign_of,
    contacts,
    untold,
)
from crmlab.actions._churning import churning
from crmlab.actions._listing import REASONS, ContactList, bought_before
from crmlab.actions._prices import prices_of
from crmlab.declare.action import Action
from crmlab.declare.prices import Prices
from crmlab.errors import NotApplicable
from crmlab.explain.standing import ALIVE, MODEL, standing_of
from crmlab.history.margin import measured_margin
from crmlab.maths.retention import yearly_margin

if TYPE_CHECKING:
    from crmlab.comparison.compare import Comparison

NEEDS: Final = ("margin_share", "customer_value", "incentive_cost", "contact_cost", "budget_per_1000")


@dataclass(frozen=True, kw_only=True)
class WonBack(ContactList):
    """The probably gone of a comparison's last window.

    table: `probability` is that of buying within the horizon without an offer; further `p_alive`, `value` (a
    year's margin, currency) and `pays_from`: the response from which a contact earns anything, above 1 where
    none does. known: customers in all. standing: the model that tells who is gone. response: declared.
    """

    known: int
    horizon_days: int
    standing: str
    response: params.Response
    prices: Prices

    def numbers(self, top: pd.DataFrame) -> Mapping[str, Any]:
        """Return the chance that they are there, what they brought, and what would pay, as texts."""
        last = {"Last purchase": top["last_purchase"]} if "last_purchase" in top else {}
        profit = (
            {"Expected profit": top["expected_profit"].map("{:,.2f}".format)} if self.response.share else {}
        )
        return {
            "Still a customer": top["p_alive"].map("{:.0%}".format),
            **last,
            "Value": top["value"].map("{:,.2f}".format),
            "Pays from a response of": [f"{v:.1%}" if v <= 1 else "none" for v in top["pays_from"]],
            **profit,
        }

    def of_contacts(self) -> str:
        """Say how many are probably gone, and how many of them are worth a contact."""
        first = (
            f"Of {self.known:,} customers {len(self.table):,} are probably gone (below {ALIVE:.0%} to be a "
            f"customer still, by {self.standing})"
        )
        if not self.response.share:
            return (
                f"{first}; nobody is contacted: no response is declared. `lists.responses.win_back` in "
                f"params.yaml says which share comes back for an offer, and why{self.of_consent('. Of them')}"
            )
        earned = self.table.loc[self.chosen, "expected_profit"].sum()
        return (
            f"{first}; {self.count(CONTACT):,} of them are to be contacted, with an expected profit of "
            f"{earned:,.2f} in all; {self.count(NO_MONEY):,} more would pay but are over the budget, "
            f"{self.count(NOT_WORTH_IT):,} are not worth a contact{self.of_consent(', and')}"
        )

    def of_money(self) -> str:
        """Say which response is assumed, and from which on a contact would pay."""
        cheap = self.table["pays_from"].quantile(0.1) if len(self.table) else float("nan")
        if not self.response.share:
            return (
                f"For the best tenth a contact would pay from a response of {cheap:.1%} on: an offer costs "
                f"{self.prices['incentive_cost']:g} where it is taken and {self.prices['contact_cost']:g} to "
                "make, and who comes back brings a year's margin, "
                f"{self.prices['margin_share']:.0%} of the yearly spend."
            )
        return (
            f"The response is assumed: {self.response.share:.1%} come back for the offer "
            f"({self.response.because}; lists.responses.win_back in params.yaml). An offer costs "
            f"{self.prices['incentive_cost']:g} where it is taken and {self.prices['contact_cost']:g} to "
            "make, and who comes back brings a year's margin, "
            f"{self.prices['margin_share']:.0%} of the yearly spend; "
            f"for the best tenth a contact would pay from a response of {cheap:.1%} on."
        )

    def of_probability(self) -> str:
        """Say what the probability is."""
        return (
            f"The probability is that of a purchase within {self.horizon_days} days without an offer, by "
            f"{self.label}: whoever comes back anyway takes the offer, too."
        )

    def of_looking_back(self) -> str:
        """Say how many of the listed bought again since, without this list."""
        if not len(self.table):
            return "Looking back, nobody was probably gone."
        return (
            f"Looking back, {self.outcome.mean():.1%} of the listed bought within the {self.horizon_days} "
            f"days, where {self.table['probability'].mean():.1%} were expected to."
        )


def make(comparison: Comparison, *, reasoned: int = 0) -> WonBack:
    """Return the probably gone among the last window's test rows.

    reasoned: not asked for, as the model that tells who is gone reads nothing but when they bought. Raises
    NotApplicable where nobody tells who is gone, or the task names no prices.
    """
    prices = prices_of(comparison)
    prices.need(NEEDS, why="what winning a customer back earns is not known")
    prices = prices.at_margin(measured_margin(comparison))
    fold, campaign = comparison.problem.last_fold(), campaign_of(comparison, "win_back")
    run, score, churn, _ = churning(comparison)
    standing = standing_of(comparison, fold.test_rows, churn)
    if standing is None:
        raise NotApplicable(
            f"nobody tells who is gone: that is for {MODEL}, which needs events with a horizon and a place "
            "in the comparison"
        )
    response = params.load_lists().response("win_back")
    gone = np.flatnonzero(~standing.is_there)
    rows = fold.test_rows.iloc[gone]
    table = decided(score[gone], churn[gone], standing.p_alive[gone], rows, prices, response, campaign)
    table = pd.concat([rows["customer"], table, bought_before(rows, fold.cutoff)], axis=1)
    table = table.assign(p_alive_by=standing.label, **_reasons(standing.p_alive[gone], fold.cutoff, rows))
    by = ["expected_profit", "value"] if response.share else ["pays_from", "score"]
    order = table.sort_values(by, ascending=not response.share, kind="stable").index
    outcome = 1 - comparison.problem.solution["outcome"].to_numpy()[fold.test_row_ids]
    return WonBack(
        problem=comparison.name,
        label=run.label,
        level=comparison.level,
        cutoff=fold.cutoff,
        known=len(fold.test_rows),
        horizon_days=comparison.problem.facts["horizon_days"],
        standing=standing.label,
        response=response,
        prices=prices,
        has_consent=CONSENT in rows,
        untold=untold(rows),
        table=table.loc[order].reset_index(drop=True),
        outcome=outcome[order.to_numpy()],
        campaign=campaign,
    )


def decided(
    score: np.ndarray,
    churn: np.ndarray,
    alive: np.ndarray,
    rows: pd.DataFrame,
    prices: Prices,
    response: params.Response,
    campaign: Campaign,
) -> pd.DataFrame:
    """Return what a list to win back says of each of `rows`, (m,) each.

    A contact earns share · (value - incentive) - anyway · incentive - cost: who comes back for the offer is
    worth a year's margin, who comes back anyway (with 1 - churn) takes the offer, too.
    """
    value = yearly_margin(rows, margin_share=prices["margin_share"], otherwise=prices["customer_value"])
    cost, incentive, anyway = prices["contact_cost"], prices["incentive_cost"], 1 - churn
    spent, won = cost + anyway * incentive, value - incentive
    profit = response.share * won - spent
    contact = contacts(profit, rows, campaign, budget=prices.budget(len(rows)), contact_cost=cost)
    columns = {
        "score": score,
        "probability": anyway,
        "p_alive": alive,
        "value": value,
        "pays_from": np.divide(spent, won, out=np.full(len(rows), np.inf), where=won > 0),
        "expected_profit": profit,
        "contact": contact,
    }
    if campaign.day is not None:
        columns["propensity"] = campaign.propensity(contact)
    return pd.DataFrame(columns, index=rows.index)


def _reasons(alive: np.ndarray, cutoff: str | None, rows: pd.DataFrame) -> dict[str, Any]:
    """Return why each is on the list: since when they did not buy, against how often they used to."""
    if "days_since_last" not in rows:
        return dict.fromkeys(REASONS, "")
    silent = [f"has not bought for {_days(days)}" for days in rows["days_since_last"]]
    usual = [""] * len(rows)
    if {"frequency", "recency_days"} <= set(rows):
        pace = rows["recency_days"] / rows["frequency"].where(rows["frequency"] > 0)
        usual = ["bought once" if np.isnan(p) else f"used to buy every {_days(p)}" for p in pace]
    return dict(zip(REASONS, (silent, usual, ""), strict=True))


def _days(count: float) -> str:
    """Return a number of days in words."""
    return f"{count:.0f} day{'' if round(count) == 1 else 's'}"


ACTION = Action(label="Whom to win back", tasks=("churn",), prices=NEEDS, make=make)
