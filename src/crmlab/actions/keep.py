"""Whom to keep: the customers whose loss would cost most, what a contact would earn, and why they may go.

The list is of the last window's customers. Their probability to churn is the champion's, turned into a rate
on the inner hold-out of the train rows where there is one; their value is what their past spend says, at
the shop's measured margin where its costs are known, else at the declared one. The metrics of the board
keep the declared one.
Who is silent may have gone long ago, and a gift does not bring the gone back. Where a Pareto/NBD answered,
who is probably still a customer is told from who is probably gone: these are to be won back, which is another
offer whose response nobody has measured here, so that nothing is claimed for it. Of the others a contact
earns what it saves of those who would drop out, and not of those who just do not buy for a while.
The champion was picked by its scores on outcomes that those of the list's own rows are part of. Once the
method is picked, they are used for nothing but one sentence that looks back, and which it flatters.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from crmlab.actions._coming_back import Returned, came_back, of_coming_back
from crmlab.actions._listing import (
    CONSENT,
    CONTACT,
    GONE,
    NO_CONSENT,
    NO_MONEY,
    NOT_WORTH_IT,
    ContactList,
    LookBack,
    consented,
    inner_hold_out,
    is_probable,
    not_probable,
    ranked,
    scores,
    usual_values,
    within_budget,
)
from crmlab.declare.action import Action
from crmlab.declare.prices import Prices
from crmlab.explain.scoring import scoring
from crmlab.explain.standing import ALIVE, Standing, standing_of
from crmlab.explain.window import explaining
from crmlab.history.margin import measured_margin
from crmlab.maths.rates import rates
from crmlab.maths.retention import contact_profit, yearly_margin

if TYPE_CHECKING:
    from crmlab.comparison.compare import Comparison
    from crmlab.comparison.run import Run

REASONED: Final = 300
"""So many, from the top of the list, get reasons: of some methods they take a second for a hundred."""

NEEDS: Final = (
    "margin_share", "customer_value", "incentive_cost", "contact_cost",
    "accept_alpha", "accept_beta", "budget_per_1000",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Kept(ContactList):
    """The retention list of a comparison's last window.

    table: has further `value` (a year's margin) and `value_at_risk` (probability of churn times value), in
    currency. explained_by: whose reasons they are. horizon_days: how long who is lost is silent, None where
    leaving is published. returned: None where it cannot be known. prices: those of the task, at the measured
    margin where the shop's costs are known. n_inner: rows of the hold-out, 0 without one.
    standing: the model that tells who is still a customer, None without one; with it the table has `p_alive`
    and `p_drops_out` (within the horizon, of who is still there).
    """

    horizon_days: int | None
    returned: Returned | None
    explained_by: str | None
    prices: Prices
    n_inner: int
    has_spend: bool
    standing: str | None = None

    def numbers(self, top: pd.DataFrame) -> Mapping[str, Any]:
        """Return probability and money as texts."""
        alive = {} if self.standing is None else {"Still a customer": top["p_alive"].map("{:.0%}".format)}
        return {
            "No purchase" if alive else "Churn": top["probability"].map("{:.1%}".format),
            **alive,
            "Value": top["value"].map("{:,.2f}".format),
            "Value at risk": top["value_at_risk"].map("{:,.2f}".format),
            "Expected profit": top["expected_profit"].map("{:,.2f}".format),
        }

    def of_contacts(self) -> str:
        """Say how many are to be contacted, and who is not."""
        earned = self.table.loc[self.chosen, "expected_profit"].sum()
        return (
            f"Of {len(self.table):,} customers {self.count(CONTACT):,} are to be contacted, with an expected "
            f"profit of {earned:,.2f} in all; {self.count(NO_MONEY):,} more would pay but are over the "
            f"budget, {self.count(NOT_WORTH_IT):,} are not worth a contact{self.of_consent(', and')}"
            f"{self._of_gone()}"
        )

    def _of_gone(self) -> str:
        """Say how many are probably gone, and what that means for the list."""
        if self.standing is None:
            return ""
        return (
            f" {self.count(GONE):,} are probably gone (below {ALIVE:.0%} to be a customer still, by "
            f"{self.standing}): they are not to be kept but to be won back, with another offer, whose "
            "response nobody has measured, so that nothing is claimed for it."
        )

    def of_money(self) -> str:
        """Say what a value is and how much of all value is at risk."""
        what = f"{self.prices['customer_value']:g} for everybody, as the data hold no spend"
        if self.has_spend:
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
        return f"{rate}; the reasons are those of {self.explained_by}."

    def of_looking_back(self) -> str:
        """Say how many of those to be contacted left since, what that says of the scores, and the profit."""
        back = self.look_back()
        if back is None:
            return "Nobody is to be contacted."
        left, value = self.outcome[self.chosen], self.table.loc[self.chosen, "value"].to_numpy()
        earned = contact_profit(left, value, **contact_prices(self.prices)).sum()
        return (
            f"Looking back, {back.rate:.1%} of them left ({self.level:.0%} interval {back.lower:.1%} to "
            f"{back.upper:.1%}), {back.expected:.1%} were expected to, {self._of_scores(back)}; at the same "
            f"prices the contacts would have earned {earned:,.2f}. The method was picked on these outcomes "
            "too, so this flatters."
        )

    def _of_scores(self, back: LookBack) -> str:
        """Say what the look back says of the probabilities."""
        if back.is_inside:
            return "which lies inside"
        way = "high" if back.expected > back.upper else "low"
        what = f"the rates of the hold-out are too {way} here"
        if not self.n_inner:
            what = f"the scores of {self.label} are too {way} to be taken for probabilities here"
        return f"which lies outside: {what}, and so is the expected profit"


def make(comparison: Comparison, *, reasoned: int = REASONED) -> Kept:
    """Return the retention list for the last window's test rows.

    Scores are the champion's, or the best method's whose scores are probabilities or can be made ones
    on the inner hold-out. reasoned: how many from the top get reasons. Raises NotApplicable where the
    task names no prices of keeping, nobody scored the rows, or no scores can be turned into probabilities.
    """
    prices = Prices(comparison.economics)
    prices.need(NEEDS, why="what keeping a customer earns is not known")
    prices = prices.at_margin(measured_margin(comparison))
    number, fold = comparison.problem.last_number(), comparison.problem.last_fold()
    rows, run = fold.test_rows, _first_probable(scoring(comparison), number)
    score = scores(run, number).loc[fold.test_row_ids].to_numpy(dtype=np.float64)
    churn, n_inner = _probability(comparison, run, number, score)
    standing = standing_of(comparison, rows, churn)
    valued = pd.concat([rows["customer"], decided(score, churn, rows, prices, standing)], axis=1)
    explained = explaining(comparison, run) if len(fold.train_rows) else None
    usual = usual_values(comparison, explained, fold) if explained else {}
    table = ranked(valued, rows, explained, usual, reasoned)
    outcome = comparison.problem.solution["outcome"].to_numpy()[fold.test_row_ids]
    return Kept(
        problem=comparison.name,
        label=run.label,
        level=comparison.level,
        horizon_days=comparison.problem.facts["horizon_days"],
        returned=came_back(comparison),
        explained_by=explained.label if explained else None,
        cutoff=fold.cutoff,
        prices=prices,
        n_inner=n_inner,
        has_consent=CONSENT in rows,
        has_spend={"total_spend", "T_days"} <= set(rows),
        table=table.reset_index(drop=True),
        outcome=outcome[table.index.to_numpy()],
        standing=None if standing is None else standing.label,
    )


# --- from a score to a decision -----------------------------------------------------------------
def decided(
    score: np.ndarray, churn: np.ndarray, rows: pd.DataFrame, prices: Prices, standing: Standing | None = None
) -> pd.DataFrame:
    """Return score, probability, value, value_at_risk, expected_profit and contact of customers, (m,) each.

    score, churn: (m,), of `rows`, whose `consent`, where they have it, must be true for a contact. The
    budget (currency per 1,000 customers of `rows`) goes to the highest expected profits among those
    who may be contacted and are expected to pay. standing: who is still a customer; who is gone takes no
    offer and costs the contact.
    """
    value = yearly_margin(rows, margin_share=prices["margin_share"], otherwise=prices["customer_value"])
    columns = {"score": score, "probability": churn}
    cost, there, is_there, leaves = prices["contact_cost"], 1.0, np.ones(len(rows), dtype=bool), churn
    if standing is not None:
        columns |= {"p_alive": standing.p_alive, "p_drops_out": standing.p_drops_out}
        there, is_there, leaves = np.nan_to_num(standing.p_alive), standing.is_there, standing.p_drops_out
    profit = there * (contact_profit(leaves, value, **contact_prices(prices)) + cost) - cost
    allowed, budget = consented(rows), prices["budget_per_1000"] * len(rows) / 1000
    contact = np.where(profit > 0, NO_MONEY, NOT_WORTH_IT).astype(object)
    contact[~is_there] = GONE
    able = (profit > 0) & allowed & is_there
    contact[within_budget(profit, able, budget=budget, contact_cost=cost)] = CONTACT
    contact[~allowed] = NO_CONSENT
    columns |= {"value": value, "value_at_risk": there * leaves * value}
    return pd.DataFrame(columns | {"expected_profit": profit, "contact": contact}, index=rows.index)


def contact_prices(prices: Prices) -> dict[str, float]:
    """Return the prices of a contact."""
    costs = {name: prices[name] for name in ("incentive_cost", "contact_cost")}
    return {"accept_rate": prices.accept_rate, **costs}


def _first_probable(runs: list[Run], number: int) -> Run:
    """Return the first run whose scores of a fold are probabilities, or has a hold-out to take rates from."""
    for run in runs:
        if is_probable(run, number):
            return run
    raise not_probable(runs[0])


def _probability(comparison: Comparison, run: Run, number: int, score: np.ndarray) -> tuple[np.ndarray, int]:
    """Return the probability of churn by score, (m,), and on how many held-out rows it rests."""
    outcome, inner = inner_hold_out(comparison, run, number)
    if not len(inner):
        return score, 0
    return rates(outcome, inner, level=comparison.level).at(score)[0], len(inner)


ACTION = Action(label="Whom to keep", tasks=("churn",), prices=NEEDS, make=make)
