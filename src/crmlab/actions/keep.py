"""Whom to keep: the customers whose loss would cost most, what a contact would earn, and why they may go.

The list is of the last window's customers. Their probability to churn is the champion's, turned into a rate
on the inner hold-out of the train rows where there is one; their value is what a year of those who stay is
expected to bring where models of lifetimes can say so, else what their past spend says, at the shop's
measured margin where its costs are known, else at the declared one. The metrics of the board keep the past
and the declared one. Who is silent may have gone long ago, and a gift does not bring the gone back. Where a
Pareto/NBD answered, who is probably still a customer is told from who is probably gone: these are to be won
back (`win_back`), and stand at the end. Of the others a contact earns what it saves of those who would drop
out, and not of those who just do not buy for a while. The champion was picked by its scores on outcomes that
those of the list's own rows are part of. Once the method is picked, they are used for nothing but one
sentence that looks back, and which it flatters.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from crmlab.actions._audience import ASKED, CONSENT, CONTACT, OVER, Campaign, campaign_of, contacts, untold
from crmlab.actions._churning import churning
from crmlab.actions._coming_back import came_back
from crmlab.actions._kept import Kept, contact_prices
from crmlab.actions._listing import bought_before, ranked, usual_values
from crmlab.actions._prices import prices_of
from crmlab.declare.action import Action
from crmlab.declare.prices import Prices
from crmlab.errors import NotApplicable
from crmlab.explain.forecast import Forecast, forecast_of
from crmlab.explain.shop_words import ShopWords
from crmlab.explain.standing import Standing, standing_of
from crmlab.explain.window import explaining
from crmlab.history.margin import measured_margin
from crmlab.maths.outlook import Offer, Outlook
from crmlab.maths.retention import contact_profit, yearly_margin

if TYPE_CHECKING:
    from crmlab.comparison.compare import Comparison

REASONED: Final = 300
"""So many, from the top of the list, get reasons beside those to be contacted: of some methods they take a
second for a hundred."""

NEEDS: Final = (
    "margin_share", "customer_value", "incentive_cost", "contact_cost",
    "accept_alpha", "accept_beta", "budget_per_1000",
)  # fmt: skip


def make(comparison: Comparison, *, reasoned: int = REASONED) -> Kept:
    """Return the retention list for the last window's test rows.

    Scores are the champion's, or the best method's whose scores are probabilities or can be made ones on the
    inner hold-out. reasoned: how many from the top get reasons beside those to be contacted. Raises
    NotApplicable where the task names no prices of keeping, nobody scored the rows, or no scores can be
    turned into probabilities.
    """
    prices = prices_of(comparison)
    prices.need(NEEDS, why="what keeping a customer earns is not known")
    prices = prices.at_margin(measured_margin(comparison))
    fold = comparison.problem.last_fold()
    rows, campaign = fold.test_rows, campaign_of(comparison, "keep")
    run, score, churn, n_inner = churning(comparison)
    standing = standing_of(comparison, rows, churn)
    forecast = None
    if standing is not None:
        with contextlib.suppress(NotApplicable):
            forecast = forecast_of(rows, margin_share=prices["margin_share"], seed=comparison.seed)
    staying = None if forecast is None else forecast.staying
    valued = decided(score, churn, rows, prices, standing, campaign, value=staying)
    named = (valued["contact"] == CONTACT).to_numpy()
    before = bought_before(rows, fold.cutoff)
    if forecast is not None:
        before = before.assign(next_order=forecast.next_order(fold.cutoff), segment=forecast.tiers())
        valued = valued.join(forecast.values)
    valued = pd.concat([rows["customer"], valued, before], axis=1)
    explained = explaining(comparison, run) if len(fold.train_rows) else None
    usual = usual_values(comparison, explained, fold) if explained else {}
    happens = "leave" if comparison.problem.facts["horizon_days"] is None else "go silent"
    table = ranked(valued, rows, explained, usual, reasoned, ShopWords("customers", happens))
    first = table["contact"].isin(ASKED) & (table["reason_1"] == "")
    table.loc[first, "reason_1"] = [f"brings {v:,.0f} a year if kept" for v in table.loc[first, "value"]]
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
        untold=untold(rows),
        has_spend={"total_spend", "T_days"} <= set(rows),
        table=table.reset_index(drop=True),
        outcome=outcome[table.index.to_numpy()],
        standing=None if standing is None else standing.label,
        campaign=campaign,
        valued_by=None if forecast is None else forecast.label,
        outlook=outlook_of(forecast, named, prices, comparison.problem.facts["horizon_days"]),
    )


def outlook_of(
    forecast: Forecast | None, named: np.ndarray, prices: Prices, horizon_days: int | None
) -> Outlook | None:
    """Return what those to be contacted do together, left alone and with the offer; None without a forecast.

    named: (m,), whether each is one of them.
    """
    if forecast is None or horizon_days is None:
        return None
    offer = Offer(**contact_prices(prices), margin_share=prices["margin_share"])
    return forecast.of_group(named, offer, days=horizon_days)


# --- from a score to a decision -----------------------------------------------------------------
def decided(
    score: np.ndarray,
    churn: np.ndarray,
    rows: pd.DataFrame,
    prices: Prices,
    standing: Standing | None = None,
    campaign: Campaign = OVER,
    *,
    value: np.ndarray | None = None,
) -> pd.DataFrame:
    """Return score, probability, value, value_at_risk, expected_profit and contact of customers, (m,) each.

    score, churn: (m,), of `rows`, whose `consent`, where they have it, must be true for a contact. The
    budget (currency, of the whole list) goes to the highest expected profits among those who may be
    contacted and are expected to pay. standing: who is still a customer; who is gone takes no offer and
    costs the contact. campaign: who is left out. value: (m,), a year's margin of who stays; where
    it is not given, or nan, that of the past.
    """
    past = yearly_margin(rows, margin_share=prices["margin_share"], otherwise=prices["customer_value"])
    value = past if value is None else np.where(np.isnan(value), past, value)
    columns = {"score": score, "probability": churn}
    cost, there, is_there, leaves = prices["contact_cost"], 1.0, np.ones(len(rows), dtype=bool), churn
    if standing is not None:
        columns |= {"p_alive": standing.p_alive, "p_alive_by": standing.label}
        columns |= {"p_drops_out": standing.p_drops_out}
        there, is_there, leaves = np.nan_to_num(standing.p_alive), standing.is_there, standing.p_drops_out
    profit = there * (contact_profit(leaves, value, **contact_prices(prices)) + cost) - cost
    budget = prices.budget(len(rows))
    contact = contacts(profit, rows, campaign, budget=budget, contact_cost=cost, gone=~is_there)
    columns |= {"value": value, "value_at_risk": there * leaves * value}
    columns |= {"expected_profit": profit, "contact": contact}
    if campaign.day is not None:
        columns["propensity"] = campaign.propensity(contact)
    return pd.DataFrame(columns, index=rows.index)


ACTION = Action(label="Whom to keep", tasks=("churn",), prices=NEEDS, make=make)
